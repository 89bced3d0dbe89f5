#include "tests/simulation/history.h"

#include <algorithm>
#include <array>

#include "base/civil_date.h"
#include "domain/customers/record.h"
#include "event_log/control_records.h"
#include "tests/simulation/bad_forms.h"

namespace carnet::simulation {
namespace {

using carnet::log::v1::Change;

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kBegin = 20'574 * kDay + 9 * kHour;  // 2026-05-01, nine o'clock
constexpr int64_t kFarAhead = 47'117 * kDay;           // 2099

// One begins with another's whole name.
const std::array<const char*, 4> kMerchants = {"shop-1", "shop-10", "a", "zz.top_2"};

std::vector<Source> AllSources() {
  return {{"pos", "till-1", {}, {}},
          {"pos", "till-2", {}, {}},
          // Two channels whose source has one name: records apart, codes together.
          {"web-shop", "shop", {}, {}},
          {"facebook", "shop", {}, {}},
          {"back-office", "desk", {}, {}}};
}

}  // namespace

event_log::Record RecordOf(const Said& said) {
  carnet::log::v1::LogRecord record;
  *record.mutable_change() = said.change;
  std::string key = said.change.merchant();
  switch (said.record) {
    case Said::Record::kSound:
      break;
    case Said::Record::kUnknownField:
      record.GetReflection()->MutableUnknownFields(&record)->AddVarint(4711, 1);
      break;
    case Said::Record::kOtherKey:
      key += "-other";
      break;
    case Said::Record::kOddMerchant:
      key = "Shop!";
      record.mutable_change()->set_merchant(key);
      break;
    case Said::Record::kGarbage:
      return {.key = std::move(key), .value = "\xff\xff garbage"};
    case Said::Record::kEmpty:
      return {.key = std::move(key), .value = {}};
    case Said::Record::kManifestAgain:
      return event_log::MakeManifest({}, 0, 0);
  }
  return {.key = std::move(key), .value = record.SerializeAsString()};
}

bool IsTrusted(const Said& said) {
  return !said.misplaced &&
         (said.record == Said::Record::kSound || said.record == Said::Record::kUnknownField);
}

History::History(Random* random) : random_(random), now_micros_(kBegin) {
  const uint64_t count = 1 + random->Below(kMerchants.size());
  for (uint64_t i = 0; i < count; ++i) {
    merchants_.push_back({.name = kMerchants[i],
                          .utc_offset_minutes = static_cast<int32_t>(random->Between(-12, 14)) * 60,
                          .sources = AllSources(),
                          .past = {},
                          .to_correct = {}});
  }
}

int64_t History::Now() {
  const uint64_t draw = random_->Below(100);
  if (draw < 10) return now_micros_;
  now_micros_ += draw < 90 ? random_->Between(0, 10 * kMinute) : random_->Between(0, 30 * kHour);
  // Another gateway's clock is slower, or was never set.
  if (random_->Chance(5)) return now_micros_ - random_->Between(0, kMinute);
  if (random_->Below(200) == 0) return std::max<int64_t>(0, now_micros_ - 3 * kDay);
  if (random_->Below(500) == 0) return 0;
  return now_micros_;
}

void History::Stamp(const Merchant& merchant, Change* change) {
  change->set_recorded_at_micros(Now());
  change->set_recorded_day(CivilDayOf(change->recorded_at_micros(), merchant.utc_offset_minutes));
}

void History::SetTimes(const Merchant& merchant, Change* change) {
  Stamp(merchant, change);
  const int64_t recorded = change->recorded_at_micros();
  const uint64_t draw = random_->Below(100);
  const int64_t occurred = draw < 70   ? recorded - random_->Between(0, 5 * kMinute)
                           : draw < 85 ? recorded - random_->Between(0, 30 * kDay)
                           : draw < 90 ? recorded
                           : draw < 93 ? random_->Between(-kDay, kDay)  // about 1970
                           : draw < 97 ? recorded + random_->Between(0, 2 * kDay)
                                       : kFarAhead + random_->Between(0, kDay);
  change->set_occurred_at_micros(occurred);
  change->set_utc_offset_minutes(random_->Chance(90)
                                     ? merchant.utc_offset_minutes
                                     : static_cast<int32_t>(random_->Between(-18, 18)) * 60);
  change->set_effective_day(CivilDayOf(occurred, change->utc_offset_minutes()));
  if (random_->Chance(10)) {
    change->set_effective_day(change->recorded_day() +
                              static_cast<int32_t>(random_->Between(-40, 3)));
  }
  if (random_->Below(200) == 0) change->set_effective_day(kFirstCivilDay);
  if (random_->Below(200) == 0) change->set_effective_day(kLastCivilDay);
}

Uuid History::DrawRecord(const Merchant& merchant) {
  if (random_->Chance(5)) return *Uuid::FromBytes(random_->Bytes(Uuid::kSize));  // nobody's
  if (!merchant.past.empty() && random_->Chance(80)) {
    const Change& one = random_->PickFrom(merchant.past);
    return domain::RecordId(merchant.name, one.channel(), one.source(), one.external_id());
  }
  const Source& source = merchant.sources[random_->Below(merchant.sources.size())];
  return domain::RecordId(merchant.name, source.channel, source.name, DrawExternalId(random_));
}

void History::SayLinkOrUnlink(const std::string& merchant, Change* change) {
  const auto of = std::find_if(merchants_.begin(), merchants_.end(),
                               [&](const Merchant& one) { return one.name == merchant; });
  const std::string first = "customers/" + DrawRecord(*of).ToString();
  const std::string second = DrawRecord(*of).ToString();
  if (random_->Chance(65)) {
    change->mutable_body()->mutable_link_customers()->set_customer(first);
    change->mutable_body()->mutable_link_customers()->set_other(second);
  } else {
    change->mutable_body()->mutable_unlink_customers()->set_customer(first);
    change->mutable_body()->mutable_unlink_customers()->set_other(second);
  }
  change->set_intent(carnet::v1::INTENT_REQUEST);
}

void History::SetBody(Source* source, Change* change) {
  const uint64_t draw = random_->Below(100);
  const bool has_customer = !change->external_id().empty() || !change->customer_id().empty();
  if (draw < 20 && has_customer) {
    SayContact(random_, change);
  } else if (draw < 65) {
    SayPosting(random_, source, change);
  } else if (draw < 74) {
    SaySetDebt(random_, source, change);
  } else if (draw < 84) {
    SayReversal(random_, source, change);
    if (random_->Chance(20)) {
      change->mutable_body()->mutable_reversal()->set_target_source("till-1");
      change->mutable_body()->mutable_reversal()->set_target_code(
          random_->Chance(50) ? "V-" + std::to_string(random_->Between(1, 9)) : "till-1/1");
    }
  } else if (draw < 87) {
    SayAssignment(random_, source, change);
  } else if (draw < 98) {
    SayLinkOrUnlink(change->merchant(), change);
  } else if (draw < 99) {
    SayBookDates(random_, CivilDayOf(now_micros_, 0), change);
  } else {
    change->mutable_body()->mutable_rules_version_activated()->set_version(1);
    change->set_intent(carnet::v1::INTENT_REQUEST);
  }
}

Change History::New(Merchant* merchant) {
  Source* source = &random_->PickFrom(merchant->sources);
  Change change;
  change.set_id(random_->Bytes(Uuid::kSize));
  change.set_merchant(merchant->name);
  change.set_channel(source->channel);
  change.set_source(source->name);
  change.set_rules_version(1);
  if (random_->Chance(15)) {
    change.set_customer_id(std::string(DrawRecord(*merchant).bytes()));
  } else {
    change.set_external_id(DrawExternalId(random_));
  }
  if (random_->Chance(50)) change.set_actor("cashier-" + std::to_string(random_->Below(3)));
  SetTimes(*merchant, &change);
  SetBody(source, &change);
  change.set_content_hash(ContentHashOf(change));
  return change;
}

// The same once more, in one of the ways in which that happens.
std::optional<Change> History::Repeat(Merchant* merchant) {
  if (merchant->past.empty()) return std::nullopt;
  Change change = random_->PickFrom(merchant->past);
  const uint64_t draw = random_->Below(100);
  if (draw < 40) {  // the client sent it again
    Stamp(*merchant, &change);
  } else if (draw < 60) {  // the producer did
  } else if (draw < 80) {  // a till was installed again and numbers its changes anew
    Stamp(*merchant, &change);
    change.set_id(random_->Bytes(Uuid::kSize));
  } else {  // an id that is not unique
    const std::string id = change.id();
    change = New(merchant);
    change.set_id(id);
  }
  return change;
}

Said History::Next() {
  Merchant* merchant = &random_->PickFrom(merchants_);
  Said said;
  if (!merchant->to_correct.empty() && random_->Chance(20)) {
    said.change = merchant->to_correct.back();
    merchant->to_correct.pop_back();
    Stamp(*merchant, &said.change);
    merchant->past.push_back(said.change);
    return said;
  }
  if (random_->Chance(14)) {
    if (auto repeated = Repeat(merchant)) {
      said.change = *std::move(repeated);
      return said;
    }
  }
  said.change = New(merchant);
  if (random_->Chance(6)) {
    merchant->to_correct.push_back(said.change);
    SpoilForm(random_, &said.change);
    // What came in had another content, unless the gateway that hashed it was what went wrong.
    if (random_->Chance(80) && said.change.content_hash().size() == Uuid::kSize) {
      said.change.set_content_hash(ContentHashOf(said.change));
    }
    // It may be sent several times before somebody mends it.
    if (random_->Chance(50)) merchant->past.push_back(said.change);
    return said;
  }
  merchant->past.push_back(said.change);
  if (random_->Chance(3)) {
    said.record = static_cast<Said::Record>(
        random_->Between(static_cast<int64_t>(Said::Record::kUnknownField),
                         static_cast<int64_t>(Said::Record::kManifestAgain)));
  } else {
    said.misplaced = random_->Chance(1);
  }
  return said;
}

Said History::Again(const Said& said) {
  Said again = said;
  for (const Merchant& merchant : merchants_) {
    // A recorded_at that is what is wrong with it stays so.
    if (merchant.name == said.change.merchant() && said.change.recorded_at_micros() >= 0 &&
        std::abs(said.change.recorded_day()) <= kLastCivilDay) {
      Stamp(merchant, &again.change);
    }
  }
  return again;
}

}  // namespace carnet::simulation
