#include "channels/contact_builder.h"

#include "absl/strings/ascii.h"

#include "channels/values.h"

namespace carnet::channels {
namespace {

// As many as a contact may have: what is beyond costs no order its place in the books.
constexpr int kMostValues = 500;
constexpr int kMostAddresses = 100;
constexpr int kMostNumbers = 20;

std::string TextOf(std::string_view typed) { return CutUtf8(Trimmed(typed), 4096); }

// Adds what none of the list is the same as, by what `same` makes of a text.
template <typename Same>
void Add(std::string_view typed, Same same,
         google::protobuf::RepeatedPtrField<v1::Personal>* list) {
  const std::string text = TextOf(typed);
  if (text.empty() || list->size() == kMostValues) return;
  for (const v1::Personal& there : *list) {
    if (same(there.plain()) == same(text)) return;
  }
  list->Add()->set_plain(text);
}

// Its digits and a plus in front of them; the whole where no digit is ASCII's.
std::string DialedText(std::string_view phone) {
  std::string dialed;
  for (const char c : phone) {
    if (c >= '0' && c <= '9') dialed.push_back(c);
    if (c == '+' && dialed.empty()) dialed.push_back(c);
  }
  return dialed.empty() ? std::string(phone) : dialed;
}

// ASCII's, Arabic, Persian and full-width ones.
size_t CountDigits(std::string_view text) {
  size_t digits = 0;
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  for (size_t i = 0; i < text.size(); ++i) {
    if (byte(i) >= '0' && byte(i) <= '9') ++digits;
    if (i + 1 == text.size()) break;
    const unsigned char next = byte(i + 1);
    if ((byte(i) == 0xD9 && next >= 0xA0 && next <= 0xA9) ||
        (byte(i) == 0xDB && next >= 0xB0 && next <= 0xB9) ||
        (byte(i) == 0xBC && next >= 0x90 && next <= 0x99)) {
      ++digits;
    }
  }
  return digits;
}

// As many digits as a number has that somebody can be reached by from elsewhere.
constexpr size_t kWholeNumber = 8;

}  // namespace

std::string CountryCode(std::string_view country) {
  const std::string text = Trimmed(country);
  const auto is_letter = [](char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); };
  if (text.size() != 2 || !is_letter(text[0]) || !is_letter(text[1])) return {};
  return absl::AsciiStrToUpper(text);
}

void ContactBuilder::Name(std::string_view given, std::string_view family) {
  const std::string first = TextOf(given);
  const std::string last = TextOf(family);
  if (contact_->has_name() || (first.empty() && last.empty())) return;
  if (!first.empty()) contact_->mutable_name()->mutable_given()->set_plain(first);
  if (!last.empty()) contact_->mutable_name()->mutable_family()->set_plain(last);
}

void ContactBuilder::FullName(std::string_view full) {
  const std::string text = TextOf(full);
  if (contact_->has_name() || text.empty()) return;
  contact_->mutable_name()->mutable_full()->set_plain(text);
}

void ContactBuilder::Company(std::string_view name) {
  const std::string text = TextOf(name);
  if (contact_->has_company_name() || text.empty()) return;
  contact_->mutable_company_name()->set_plain(text);
}

void ContactBuilder::Email(std::string_view email) {
  Add(email, LowerCase, contact_->mutable_emails());
}

void ContactBuilder::Phone(std::string_view phone) {
  const size_t cut = phone.find_first_of("/,;|\n");
  // Nobody types more than a few, and payloads may be made to be large.
  const bool is_short = phone.size() <= 256;
  if (is_short && cut != std::string_view::npos &&
      CountDigits(phone.substr(0, cut)) >= kWholeNumber &&
      CountDigits(phone.substr(cut + 1)) >= kWholeNumber) {
    Phone(phone.substr(0, cut));
    return Phone(phone.substr(cut + 1));
  }
  if (CountDigits(phone) > 0) Add(phone, DialedText, contact_->mutable_phones());
}

void ContactBuilder::RecipientPhone(std::string_view phone, std::string_view given,
                                    std::string_view family) {
  const auto whole = [](std::string_view first, std::string_view last) {
    return LowerCase(Trimmed(Trimmed(first) + " " + Trimmed(last)));
  };
  const auto& name = contact_->name();
  const std::string own = name.has_full() ? LowerCase(name.full().plain())
                                          : whole(name.given().plain(), name.family().plain());
  const std::string recipient = whole(given, family);
  const bool is_another = !own.empty() && !recipient.empty() && own != recipient;
  if (!is_another || contact_->phones().empty()) Phone(phone);
}

void ContactBuilder::CompanyNumber(std::string_view scheme, std::string_view number) {
  const std::string text = Trimmed(number);
  if (text.empty() || text.size() > 128 || contact_->company_numbers_size() == kMostNumbers) return;
  for (const auto& there : contact_->company_numbers()) {
    if (there.number().plain() == text) return;
  }
  auto* added = contact_->add_company_numbers();
  added->set_scheme(std::string(scheme));
  added->mutable_number()->set_plain(text);
}

void ContactBuilder::BirthDate(std::string_view date) {
  const std::string text = CutUtf8(Trimmed(date), 64);
  if (text.empty() || contact_->has_birth_date()) return;
  const std::string day = text.substr(0, 10);
  const bool is_iso = day.size() == 10 && day[4] == '-' && day[7] == '-';
  if (is_iso && day < "1800") return;
  contact_->mutable_birth_date()->set_plain(is_iso ? day : text);
}

void ContactBuilder::Language(std::string_view language) {
  const std::string text = Trimmed(language);
  if (!text.empty() && text.size() <= 35) contact_->set_language(text);
}

void ContactBuilder::Country(std::string_view country) {
  const std::string code = CountryCode(country);
  if (contact_->country().empty() && !code.empty()) contact_->set_country(code);
}

void ContactBuilder::Address(const AddressParts& parts, v1::AddressUse use) {
  v1::Address address;
  const auto set = [](std::string_view typed, auto mutable_part) {
    const std::string text = TextOf(typed);
    if (!text.empty()) mutable_part()->set_plain(text);
  };
  std::string street = Trimmed(parts.line1);
  if (const std::string second = Trimmed(parts.line2); !second.empty())
    street += (street.empty() ? "" : "\n") + second;
  set(street, [&] { return address.mutable_street(); });
  set(parts.postcode, [&] { return address.mutable_postcode(); });
  set(parts.town, [&] { return address.mutable_town(); });
  // A country alone is where somebody lives, not an address.
  if (address.ByteSizeLong() == 0) return;
  set(parts.recipient, [&] { return address.mutable_recipient(); });
  const std::string region = Trimmed(parts.region);
  if (region.size() <= 128) address.set_region(region);
  address.set_country(CountryCode(parts.country));
  for (v1::Address& there : *contact_->mutable_addresses()) {
    v1::Address same = there;
    same.clear_uses();
    if (same.SerializeAsString() != address.SerializeAsString()) continue;
    there.add_uses(use);
    return;
  }
  if (contact_->addresses_size() == kMostAddresses) return;
  address.add_uses(use);
  *contact_->add_addresses() = std::move(address);
}

}  // namespace carnet::channels
