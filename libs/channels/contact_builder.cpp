#include "channels/contact_builder.h"

#include <algorithm>

#include "absl/strings/ascii.h"

#include "base/civil_date.h"
#include "channels/values.h"

namespace carnet::channels {
namespace {

void Add(std::string_view typed, google::protobuf::RepeatedPtrField<v1::Personal>* list) {
  const std::string text = Trimmed(typed);
  if (text.empty()) return;
  for (const v1::Personal& there : *list) {
    if (there.plain() == text) return;
  }
  list->Add()->set_plain(text);
}

}  // namespace

std::string CountryCode(std::string_view country) {
  const std::string text = Trimmed(country);
  const auto is_letter = [](char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); };
  if (text.size() != 2 || !is_letter(text[0]) || !is_letter(text[1])) return {};
  return absl::AsciiStrToUpper(text);
}

void ContactBuilder::Name(std::string_view given, std::string_view family) {
  const std::string first = Trimmed(given);
  const std::string last = Trimmed(family);
  if (contact_->has_name() || (first.empty() && last.empty())) return;
  if (!first.empty()) contact_->mutable_name()->mutable_given()->set_plain(first);
  if (!last.empty()) contact_->mutable_name()->mutable_family()->set_plain(last);
}

void ContactBuilder::FullName(std::string_view full) {
  const std::string text = Trimmed(full);
  if (contact_->has_name() || text.empty()) return;
  contact_->mutable_name()->mutable_full()->set_plain(text);
}

void ContactBuilder::Company(std::string_view name) {
  const std::string text = Trimmed(name);
  if (contact_->has_company_name() || text.empty()) return;
  contact_->mutable_company_name()->set_plain(text);
}

void ContactBuilder::Email(std::string_view email) { Add(email, contact_->mutable_emails()); }

void ContactBuilder::Phone(std::string_view phone) {
  const bool has_digit =
      std::any_of(phone.begin(), phone.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (has_digit) Add(phone, contact_->mutable_phones());
}

void ContactBuilder::CompanyNumber(std::string_view scheme, std::string_view number) {
  const std::string text = Trimmed(number);
  if (text.empty() || text.size() > 128) return;
  for (const auto& there : contact_->company_numbers()) {
    if (there.number().plain() == text) return;
  }
  auto* added = contact_->add_company_numbers();
  added->set_scheme(std::string(scheme));
  added->mutable_number()->set_plain(text);
}

void ContactBuilder::BirthDate(std::string_view date) {
  const std::string text = Trimmed(date).substr(0, 10);
  if (ParseCivilDay(text)) contact_->mutable_birth_date()->set_plain(text);
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
    const std::string text = Trimmed(typed);
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
  address.add_uses(use);
  *contact_->add_addresses() = std::move(address);
}

}  // namespace carnet::channels
