#include "tests/bench/town.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "tests/bench/people.h"
#include "tests/bench/till_day.h"

namespace carnet::bench {
namespace {

// 2 January 2024, and two years on.
constexpr int64_t kBegin = 1'704'153'600;
constexpr uint64_t kSeconds = 2ULL * 365 * 86'400;

bool IsAscii(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<signed char>(c) >= 0; });
}

// In UTF-8.
std::string FirstLetter(const std::string& text) {
  size_t size = 1;
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) ++size;
  return text.substr(0, size);
}

std::string Digits(const char* format, uint32_t number) {
  char text[24];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

struct Person {
  uint32_t number = 0;
  v1::Contact looks;  // name, e-mail, and the household's address
  std::string mobile;
  std::string old_mobile;
  std::string landline;
  std::string birth_date;
};

class Town {
 public:
  Town(uint32_t people, uint64_t seed) : random_(seed) {
    while (people_.size() < people) AddHousehold();
  }

  std::vector<v1::Change> Tell() {
    for (const Person& person : people_) {
      if (Percent(55)) TellOf(person, "web_shop", 1 + (Percent(30) ? 1 : 0));
      if (Percent(65)) TellOf(person, "pos", 1);
      if (Percent(20)) TellOf(person, "facebook", 1);
      if (Percent(10)) TellOf(person, "back_office", 1);
      if (Percent(15)) TellOf(person, "marketplace", 1);
    }
    std::stable_sort(told_.begin(), told_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<v1::Change> changes;
    for (auto& [at, change] : told_) changes.push_back(std::move(change));
    return changes;
  }

 private:
  bool Percent(uint64_t percent) { return random_.Below(100) < percent; }

  // Phones are nobody's: ranges that France keeps for films and books.
  void AddHousehold() {
    const auto head = static_cast<uint32_t>(people_.size());
    const std::string landline = Digits("019900%04u", head % 10'000);
    const bool shares_landline = Percent(30);
    const uint64_t size = 1 + random_.Below(4);
    for (uint64_t i = 0; i < size; ++i) {
      Person person{.number = static_cast<uint32_t>(people_.size())};
      FillContact(person.number, 0, /*with_address=*/true, &person.looks);
      if (i > 0) {
        const v1::Contact& first = people_[head].looks;
        *person.looks.mutable_name()->mutable_family() = first.name().family();
        *person.looks.mutable_addresses() = first.addresses();
      }
      person.mobile = Digits("063998%04u", person.number % 10'000);
      if (Percent(10)) person.old_mobile = Digits("063998%04u", (person.number + 7'000) % 10'000);
      if (i > 0 && Percent(10)) person.mobile = people_[head].mobile;
      if (shares_landline) person.landline = landline;
      person.birth_date = Digits("19%02u-", static_cast<uint32_t>(40 + random_.Below(60))) +
                          Digits("%02u-", static_cast<uint32_t>(1 + random_.Below(12))) +
                          Digits("%02u", static_cast<uint32_t>(1 + random_.Below(28)));
      people_.push_back(std::move(person));
    }
  }

  std::string PhoneOf(const Person& person, int64_t at) {
    if (Percent(1)) return "0000000000";
    if (Percent(2)) return "0199009999";  // the shop's own
    if (!person.landline.empty() && Percent(25)) return person.landline;
    const bool early = at < kBegin + static_cast<int64_t>(kSeconds / 2);
    return early && !person.old_mobile.empty() ? person.old_mobile : person.mobile;
  }

  void FillName(const Person& person, v1::PersonName* name) {
    std::string given = person.looks.name().given().plain();
    std::string family = person.looks.name().family().plain();
    if (Percent(6) && family.size() > 4 && IsAscii(family)) std::swap(family[2], family[3]);
    switch (random_.Below(10)) {
      case 0:
        name->mutable_full()->set_plain(family);
        break;
      case 1:
        name->mutable_full()->set_plain(FirstLetter(given) + ". " + family);
        break;
      default:
        name->mutable_full()->set_plain(given + " " + family);
    }
  }

  void TellOf(const Person& person, const std::string& channel, int records) {
    for (int record = 0; record < records; ++record) {
      auto at = kBegin + static_cast<int64_t>(random_.Below(kSeconds));
      const uint64_t times = 1 + random_.Below(2);
      for (uint64_t i = 0; i < times; ++i) {
        v1::Change change;
        change.set_channel(channel);
        change.set_source(channel);
        change.set_external_id(absl::StrCat(person.number, "-", record));
        change.set_intent(v1::INTENT_FACT);
        change.mutable_occurred_at()->set_seconds(at);
        Fill(person, channel, at,
             change.mutable_body()->mutable_contact_observed()->mutable_contact());
        told_.emplace_back(at, std::move(change));
        at += static_cast<int64_t>(random_.Below(90ULL * 86'400));
      }
    }
  }

  void Fill(const Person& person, const std::string& channel, int64_t at, v1::Contact* contact) {
    contact->set_type(v1::PARTY_TYPE_CONSUMER);
    contact->set_country("FR");
    const bool pos = channel == "pos";
    const bool web = channel == "web_shop";
    const bool facebook = channel == "facebook";
    const bool marketplace = channel == "marketplace";
    if (web || channel == "back_office") {
      *contact->mutable_name() = person.looks.name();
    } else if (!pos || Percent(70)) {
      FillName(person, contact->mutable_name());
      contact->mutable_name()->set_self_chosen(facebook);
    }
    if (Percent(facebook ? 40 : web ? 63 : 90))
      contact->add_phones()->set_plain(PhoneOf(person, at));
    if (marketplace) {
      contact->add_emails()->set_plain(
          absl::StrCat("r", person.number, "@relay.marketplace.example"));
    } else if (web || (!facebook && Percent(pos ? 15 : 70))) {
      *contact->add_emails() = person.looks.emails(0);
    }
    if (marketplace || (web && Percent(90)) || (channel == "back_office" && Percent(60)))
      *contact->mutable_addresses() = person.looks.addresses();
    if (web && Percent(6)) contact->mutable_birth_date()->set_plain(person.birth_date);
  }

  Random random_;
  std::vector<Person> people_;
  std::vector<std::pair<int64_t, v1::Change>> told_;
};

}  // namespace

std::vector<v1::Change> TownChanges(uint32_t people, uint64_t seed) {
  return Town(people, seed).Tell();
}

}  // namespace carnet::bench
