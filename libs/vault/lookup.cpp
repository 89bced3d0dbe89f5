#include "vault/lookup.h"

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"

#include "vault/country.h"
#include "vault/normalize/company_number.h"
#include "vault/normalize/email.h"
#include "vault/tokens.h"

namespace carnet::vault {
namespace {

std::string ValueOf(const Token& token) { return std::string(token.bytes()); }

std::string ExternalId(const Token& token) {
  const std::string_view label = TokenLabel(token.kind);
  return std::string(label) + ":" +
         absl::BytesToHexString(absl::string_view(token.bytes().data(), token.bytes().size()));
}

}  // namespace

absl::StatusOr<std::string> Lookup::PhoneToken(std::string_view merchant, std::string_view typed,
                                               std::string_view country) const {
  const NormalPhone phone = phones_->Normalize(typed, country);
  if (phone.e164.empty()) return std::string();
  const absl::StatusOr<const MerchantKeys*> keys = keys_->ForReading(merchant);
  if (!keys.ok()) return keys.status();
  if (*keys == nullptr) return std::string();
  return ValueOf(MakeToken((*keys)->index, v1::IDENTITY_TOKEN_KIND_PHONE, phone.e164));
}

absl::StatusOr<std::string> Lookup::EmailToken(std::string_view merchant,
                                               std::string_view typed) const {
  const NormalEmail email = NormalizeEmail(typed);
  if (email.kind == EmailKind::kInvalid || email.kind == EmailKind::kBlocked) return std::string();
  const absl::StatusOr<const MerchantKeys*> keys = keys_->ForReading(merchant);
  if (!keys.ok()) return keys.status();
  if (*keys == nullptr) return std::string();
  return ValueOf(MakeToken((*keys)->index, v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT, email.exact));
}

absl::StatusOr<std::string> Lookup::DerivedExternalId(std::string_view merchant,
                                                      const v1::Contact& contact,
                                                      std::string_view default_country) const {
  v1::IdentityTokenKind kind = v1::IDENTITY_TOKEN_KIND_UNSPECIFIED;
  std::string normal_form;
  for (const v1::CompanyNumber& each : contact.company_numbers()) {
    NormalCompanyNumber number = NormalizeCompanyNumber(each.scheme(), each.number().plain());
    if (number.number.empty()) continue;
    kind = v1::IDENTITY_TOKEN_KIND_COMPANY_NUMBER;
    normal_form = std::move(number.number);
    break;
  }
  if (normal_form.empty()) {
    for (const v1::Personal& each : contact.emails()) {
      NormalEmail email = NormalizeEmail(each.plain());
      if (email.canonical.empty()) continue;
      kind = v1::IDENTITY_TOKEN_KIND_EMAIL_CANONICAL;
      normal_form = std::move(email.canonical);
      break;
    }
  }
  if (normal_form.empty()) {
    const std::string country = CountryOf(contact, default_country);
    for (const v1::Personal& each : contact.phones()) {
      NormalPhone phone = phones_->Normalize(each.plain(), country);
      const bool mobile = phone.kind == PhoneKind::kMobile;
      if (phone.e164.empty() || (!normal_form.empty() && !mobile)) continue;
      kind = v1::IDENTITY_TOKEN_KIND_PHONE;
      normal_form = std::move(phone.e164);
      if (mobile) break;
    }
  }
  if (normal_form.empty()) return std::string();
  const absl::StatusOr<const MerchantKeys*> keys = keys_->ForWriting(merchant);
  if (!keys.ok()) return keys.status();
  return ExternalId(MakeToken((*keys)->index, kind, normal_form));
}

}  // namespace carnet::vault
