// Contacts: what makes no sense, and what says nothing. How long and how many: form_limits.cpp.
#include <algorithm>

#include <google/protobuf/descriptor.h>

#include "base/civil_date.h"
#include "base/uuid.h"
#include "domain/customers/catalogue.h"
#include "domain/form_path.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::v1::Contact;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kMaxFieldNames = 100;
constexpr size_t kMaxPersonalBytes = 4096;
// A seal adds a nonce, a tag and the normal form.
constexpr size_t kMaxBoxBytes = 2 * kMaxPersonalBytes + 64;

bool IsTimeOfDay(std::string_view text) {
  const auto digit = [&](size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  return text.size() == 5 && digit(0) && digit(1) && text[2] == ':' && digit(3) && digit(4) &&
         text.substr(0, 2) < "24" && text[3] < '6';
}

MaybeError CheckLogistics(const carnet::v1::Logistics& logistics, const Path& field) {
  for (const auto& [time, name] : {std::pair(&logistics.window_start(), "window_start"),
                                   std::pair(&logistics.window_end(), "window_end")}) {
    if (!time->empty() && !IsTimeOfDay(*time)) {
      return Fail(reason::kTimeMalformed, field / name, "a time of day is written HH:MM");
    }
  }
  return std::nullopt;
}

MaybeError CheckFieldNames(const google::protobuf::RepeatedPtrField<std::string>& names,
                           const Path& field) {
  if (auto e = CheckCount(names.size(), kMaxFieldNames, field)) return e;
  for (int i = 0; i < names.size(); ++i) {
    if (!ParseCardField(names[i])) {
      return Fail(reason::kFieldUnknown, field / i,
                  "name a field of Contact, or one of the merchant's own as custom.{key}");
    }
  }
  return std::nullopt;
}

MaybeError CheckContact(const Contact& contact, const Path& field) {
  if (auto e = CheckLimits(contact, field)) return e;
  if (auto e = CheckCountry(contact.country(), field / "country")) return e;
  for (int i = 0; i < contact.addresses_size(); ++i) {
    const auto& address = contact.addresses(i);
    if (auto e = CheckCountry(address.country(), field / "addresses" / i / "country")) return e;
    if (auto e = CheckLogistics(address.logistics(), field / "addresses" / i / "logistics"))
      return e;
  }
  if (auto e = CheckLogistics(contact.logistics(), field / "logistics")) return e;
  for (int i = 0; i < contact.custom_size(); ++i) {
    const std::string& key = contact.custom(i).key();
    const auto same = [&](const auto& other) { return other.key() == key; };
    if (!IsName(key) || std::any_of(contact.custom().begin(), contact.custom().begin() + i, same)) {
      return Fail(reason::kNameMalformed, field / "custom" / i / "key",
                  "a key is [a-z0-9][a-z0-9._-]{0,62} and stands once");
    }
  }
  return std::nullopt;
}

bool IsEmpty(const carnet::v1::Personal& value) {
  return !value.has_sealed() && value.plain().empty();
}

// Takes empty personal values out of a message and of what it holds, and what holds nothing then.
void DropEmpty(Message* message) {
  const auto* const reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (field->message_type() == carnet::v1::IdentityToken::descriptor()) continue;
    const bool personal = field->message_type() == carnet::v1::Personal::descriptor();
    if (!field->is_repeated()) {
      Message* const value = reflection->MutableMessage(message, field);
      if (!personal) DropEmpty(value);
      const bool empty = personal ? IsEmpty(static_cast<const carnet::v1::Personal&>(*value))
                                  : value->ByteSizeLong() == 0;
      if (empty) reflection->ClearField(message, field);
      continue;
    }
    if (personal) {
      const int size = reflection->FieldSize(*message, field);
      int kept = 0;
      for (int i = 0; i < size; ++i) {
        const Message& value = reflection->GetRepeatedMessage(*message, field, i);
        if (IsEmpty(static_cast<const carnet::v1::Personal&>(value))) continue;
        if (i != kept) reflection->SwapElements(message, field, i, kept);
        ++kept;
      }
      for (int i = kept; i < size; ++i) reflection->RemoveLast(message, field);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(*message, field); ++i)
      DropEmpty(reflection->MutableRepeatedMessage(message, field, i));
  }
}

bool SaysNothing(const carnet::v1::Address& address) {
  return !address.has_recipient() && !address.has_street() && !address.has_postcode() &&
         !address.has_town() && address.region().empty() && address.country().empty();
}

template <typename List, typename Empty>
void DropFrom(List* list, Empty empty) {
  list->erase(std::remove_if(list->begin(), list->end(), empty), list->end());
}

// What describes a value is nothing without the value.
void DropEmpty(Contact* contact) {
  DropEmpty(static_cast<Message*>(contact));
  DropFrom(contact->mutable_addresses(), SaysNothing);
  DropFrom(contact->mutable_company_numbers(),
           [](const carnet::v1::CompanyNumber& number) { return !number.has_number(); });
  DropFrom(contact->mutable_custom(), [](const carnet::v1::CustomValue& value) {
    return value.value_case() == carnet::v1::CustomValue::VALUE_NOT_SET ||
           (value.has_number() && value.number().empty()) ||
           (value.has_date() && value.date().empty()) ||
           (value.has_choice() && value.choice().empty());
  });
  DropFrom(contact->mutable_tags(), [](const std::string& tag) { return tag.empty(); });
  if (contact->assignee().person().empty() && contact->assignee().team().empty()) {
    contact->clear_assignee();
  }
}

}  // namespace

MaybeError CheckText(const std::string& text, const Path& field, size_t most) {
  if (text.size() <= most) return std::nullopt;
  return Fail(
      reason::kValueTooLong, field,
      "it has " + std::to_string(text.size()) + " bytes; the most is " + std::to_string(most));
}

MaybeError CheckCountry(const std::string& country, const Path& field) {
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (country.empty() || (country.size() == 2 && capital(country[0]) && capital(country[1])))
    return std::nullopt;
  return Fail(reason::kNameMalformed, field, "a country is two capitals of ISO 3166-1, such as FR");
}

MaybeError CheckCount(int count, int most, const Path& field) {
  if (count <= most) return std::nullopt;
  return Fail(reason::kTooManyValues, field,
              "there are " + std::to_string(count) + "; the most is " + std::to_string(most));
}

MaybeError CheckPersonal(const carnet::v1::Personal& value, const Path& field) {
  if (value.has_sealed()) {
    const bool tokens_only = value.sealed().key_id().empty() && value.sealed().box().empty();
    if (!tokens_only && value.sealed().key_id().size() != Uuid::kSize)
      return Fail(reason::kUnparsable, field, "the key id has not 16 bytes");
    return CheckText(value.sealed().box(), field, kMaxBoxBytes);
  }
  return CheckText(value.plain(), field, kMaxPersonalBytes);
}

MaybeError CheckContactObserved(const carnet::v1::ContactObserved& said, const Path& field) {
  if (auto e = CheckContact(said.contact(), field / "contact")) return e;
  if (auto e = CheckFieldNames(said.clear(), field / "clear")) return e;
  if (auto e = CheckFieldNames(said.revert(), field / "revert")) return e;
  return CheckText(said.duplicate_of(), field / "duplicate_of");
}

MaybeError CheckConsent(const carnet::v1::ConsentRecorded& consent, const Path& field) {
  if (consent.target_case() == carnet::v1::ConsentRecorded::TARGET_NOT_SET) {
    return Fail(reason::kConsentTargetMissing, field, "say for which e-mail or phone");
  }
  if (!carnet::v1::ConsentState_IsValid(consent.state()) ||
      consent.state() == carnet::v1::CONSENT_STATE_UNSPECIFIED) {
    return Fail(reason::kConsentStateMissing, field / "state", "say whether it is given or not");
  }
  if (!IsName(consent.purpose())) {
    return Fail(reason::kNameMalformed, field / "purpose",
                "a purpose is [a-z0-9][a-z0-9._-]{0,62}, such as newsletter");
  }
  if (consent.has_at() &&
      (consent.at().seconds() < -62135596800 || consent.at().seconds() > 253402300799 ||
       consent.at().nanos() < 0 || consent.at().nanos() > 999'999'999)) {
    return Fail(reason::kTimeMalformed, field / "at", "this is no instant of the calendar");
  }
  return CheckLimits(consent, field);
}

void DropEmptyValues(carnet::v1::Body* body) {
  switch (body->kind_case()) {
    case carnet::v1::Body::kContactObserved:
      DropEmpty(body->mutable_contact_observed()->mutable_contact());
      break;
    case carnet::v1::Body::kPosting: {
      auto* posting = body->mutable_posting();
      if (IsEmpty(posting->note())) posting->clear_note();
      if (!posting->has_contact()) break;
      DropEmpty(posting->mutable_contact()->mutable_contact());
      if (posting->contact().contact().ByteSizeLong() == 0) posting->clear_contact();
      break;
    }
    case carnet::v1::Body::kOrderObserved: {
      auto* order = body->mutable_order_observed();
      if (order->has_snapshot() && IsEmpty(order->snapshot().note()))
        order->mutable_snapshot()->clear_note();
      if (!order->has_contact()) break;
      DropEmpty(order->mutable_contact()->mutable_contact());
      if (order->contact().contact().ByteSizeLong() == 0) order->clear_contact();
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
