// Contacts: how long and how many, and what says nothing.
#include <algorithm>

#include "base/uuid.h"
#include "domain/form_path.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

constexpr int kMaxPhonesOrEmails = 500;
constexpr int kMaxAddresses = 100;
constexpr int kMaxCompanyNumbers = 20;
constexpr size_t kMaxLanguageBytes = 35;
constexpr size_t kMaxPersonalBytes = 4096;
// A seal adds a nonce, a tag and the normal form.
constexpr size_t kMaxBoxBytes = 2 * kMaxPersonalBytes + 64;

MaybeError CheckCountry(const std::string& country, const Path& field) {
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (country.empty() || (country.size() == 2 && capital(country[0]) && capital(country[1])))
    return std::nullopt;
  return Fail(reason::kNameMalformed, field, "a country is two capitals of ISO 3166-1, such as FR");
}

MaybeError CheckAddress(const carnet::v1::Address& address, const Path& field) {
  if (auto e = CheckPersonal(address.recipient(), field / "recipient")) return e;
  if (auto e = CheckPersonal(address.street(), field / "street")) return e;
  if (auto e = CheckPersonal(address.postcode(), field / "postcode")) return e;
  if (auto e = CheckPersonal(address.town(), field / "town")) return e;
  if (auto e = CheckText(address.region(), field / "region")) return e;
  return CheckCountry(address.country(), field / "country");
}

bool IsEmpty(const carnet::v1::Personal& value) {
  return !value.has_sealed() && value.plain().empty();
}

template <typename List, typename Empty>
void DropEmpty(List* list, Empty empty) {
  list->erase(std::remove_if(list->begin(), list->end(), empty), list->end());
}

void DropEmptyAddressParts(carnet::v1::Address* address) {
  if (IsEmpty(address->recipient())) address->clear_recipient();
  if (IsEmpty(address->street())) address->clear_street();
  if (IsEmpty(address->postcode())) address->clear_postcode();
  if (IsEmpty(address->town())) address->clear_town();
}

bool SaysNothing(const carnet::v1::Address& address) {
  return !address.has_recipient() && !address.has_street() && !address.has_postcode() &&
         !address.has_town() && address.region().empty() && address.country().empty();
}

void DropEmptyValues(carnet::v1::Contact* contact) {
  if (contact->has_name()) {
    auto* name = contact->mutable_name();
    if (IsEmpty(name->full())) name->clear_full();
    if (IsEmpty(name->given())) name->clear_given();
    if (IsEmpty(name->family())) name->clear_family();
    if (!name->has_full() && !name->has_given() && !name->has_family()) contact->clear_name();
  }
  if (IsEmpty(contact->company_name())) contact->clear_company_name();
  if (IsEmpty(contact->birth_date())) contact->clear_birth_date();
  DropEmpty(contact->mutable_emails(), IsEmpty);
  DropEmpty(contact->mutable_phones(), IsEmpty);
  for (auto& address : *contact->mutable_addresses()) DropEmptyAddressParts(&address);
  DropEmpty(contact->mutable_addresses(), SaysNothing);
  DropEmpty(contact->mutable_company_numbers(),
            [](const carnet::v1::CompanyNumber& number) { return IsEmpty(number.number()); });
}

}  // namespace

MaybeError CheckText(const std::string& text, const Path& field, size_t most) {
  if (text.size() <= most) return std::nullopt;
  return Fail(
      reason::kValueTooLong, field,
      "it has " + std::to_string(text.size()) + " bytes; the most is " + std::to_string(most));
}

MaybeError CheckCount(int count, int most, const Path& field) {
  if (count <= most) return std::nullopt;
  return Fail(reason::kTooManyValues, field,
              "there are " + std::to_string(count) + "; the most is " + std::to_string(most));
}

MaybeError CheckPersonal(const carnet::v1::Personal& value, const Path& field) {
  if (value.has_sealed()) {
    if (value.sealed().key_id().size() != Uuid::kSize)
      return Fail(reason::kUnparsable, field, "the key id has not 16 bytes");
    return CheckText(value.sealed().box(), field, kMaxBoxBytes);
  }
  return CheckText(value.plain(), field, kMaxPersonalBytes);
}

MaybeError CheckContact(const carnet::v1::Contact& contact, const Path& field) {
  if (auto e = CheckPersonal(contact.name().full(), field / "name" / "full")) return e;
  if (auto e = CheckPersonal(contact.name().given(), field / "name" / "given")) return e;
  if (auto e = CheckPersonal(contact.name().family(), field / "name" / "family")) return e;
  if (auto e = CheckPersonal(contact.company_name(), field / "company_name")) return e;
  if (auto e = CheckPersonal(contact.birth_date(), field / "birth_date")) return e;
  if (auto e = CheckCount(contact.emails_size(), kMaxPhonesOrEmails, field / "emails")) return e;
  if (auto e = CheckCount(contact.phones_size(), kMaxPhonesOrEmails, field / "phones")) return e;
  if (auto e = CheckCount(contact.addresses_size(), kMaxAddresses, field / "addresses")) return e;
  if (auto e =
          CheckCount(contact.company_numbers_size(), kMaxCompanyNumbers, field / "company_numbers"))
    return e;
  for (int i = 0; i < contact.emails_size(); ++i) {
    if (auto e = CheckPersonal(contact.emails(i), field / "emails" / i)) return e;
  }
  for (int i = 0; i < contact.phones_size(); ++i) {
    if (auto e = CheckPersonal(contact.phones(i), field / "phones" / i)) return e;
  }
  for (int i = 0; i < contact.addresses_size(); ++i) {
    if (auto e = CheckAddress(contact.addresses(i), field / "addresses" / i)) return e;
  }
  for (int i = 0; i < contact.company_numbers_size(); ++i) {
    const Path at = field / "company_numbers" / i;
    if (auto e = CheckText(contact.company_numbers(i).scheme(), at / "scheme")) return e;
    if (auto e = CheckPersonal(contact.company_numbers(i).number(), at / "number")) return e;
  }
  if (auto e = CheckText(contact.language(), field / "language", kMaxLanguageBytes)) return e;
  return CheckCountry(contact.country(), field / "country");
}

void DropEmptyValues(carnet::v1::Body* body) {
  switch (body->kind_case()) {
    case carnet::v1::Body::kContactObserved:
      DropEmptyValues(body->mutable_contact_observed()->mutable_contact());
      break;
    case carnet::v1::Body::kPosting: {
      auto* posting = body->mutable_posting();
      if (IsEmpty(posting->note())) posting->clear_note();
      if (!posting->has_contact()) break;
      DropEmptyValues(posting->mutable_contact()->mutable_contact());
      if (posting->contact().contact().ByteSizeLong() == 0) posting->clear_contact();
      break;
    }
    case carnet::v1::Body::kSetDebt:
      if (IsEmpty(body->set_debt().note())) body->mutable_set_debt()->clear_note();
      break;
    case carnet::v1::Body::kReversal:
      if (IsEmpty(body->reversal().note())) body->mutable_reversal()->clear_note();
      break;
    default:
      break;
  }
}

}  // namespace carnet::domain
