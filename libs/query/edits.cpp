#include "query/edits.h"

#include <algorithm>

#include <google/protobuf/descriptor.h>

#include "base/error.h"
#include "domain/customers/catalogue.h"
#include "query/reasons.h"

namespace carnet::query {

using carnet::v1::Contact;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void StripOutput(Message* message) {
  if (message->GetDescriptor() == carnet::v1::Personal::descriptor()) {
    auto* value = static_cast<carnet::v1::Personal*>(message);
    value->clear_normalized();
    value->clear_flags();
    return;
  }
  const auto* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (field->message_type() == carnet::v1::IdentityToken::descriptor()) {
      reflection->ClearField(message, field);
    } else if (!field->is_repeated()) {
      StripOutput(reflection->MutableMessage(message, field));
    } else {
      for (int i = 0; i < reflection->FieldSize(*message, field); ++i)
        StripOutput(reflection->MutableRepeatedMessage(message, field, i));
    }
  }
}

absl::StatusOr<carnet::v1::ContactObserved> UpdateOf(const Contact& contact,
                                                     const std::vector<std::string>& mask,
                                                     std::string_view field) {
  carnet::v1::ContactObserved said;
  if (mask.empty()) {
    *said.mutable_contact() = contact;
    StripOutput(said.mutable_contact());
    return said;
  }
  Contact from = contact;
  StripOutput(&from);
  for (const std::string& name : mask) {
    const auto wanted = domain::ParseCardField(name);
    if (!wanted) {
      return Error(absl::StatusCode::kInvalidArgument, reason::kFieldUnknown,
                   name + " is no field of a card, nor custom.{key}", field);
    }
    if (!wanted->key.empty()) {
      const auto value = std::find_if(from.custom().begin(), from.custom().end(),
                                      [&](const auto& each) { return each.key() == wanted->key; });
      if (value == from.custom().end()) {
        said.add_clear(name);
      } else {
        *said.mutable_contact()->add_custom() = *value;
      }
      continue;
    }
    const FieldDescriptor* descriptor = domain::ContactField(wanted->number);
    const auto* reflection = from.GetReflection();
    const bool set = descriptor->is_repeated() ? reflection->FieldSize(from, descriptor) > 0
                                               : reflection->HasField(from, descriptor);
    if (set) {
      reflection->SwapFields(&from, said.mutable_contact(), {descriptor});
    } else {
      said.add_clear(name);
    }
  }
  return said;
}

Contact CopyOf(const Contact& contact) {
  Contact copy = contact;
  StripOutput(&copy);
  copy.clear_emails();
  copy.clear_phones();
  copy.clear_web_site();
  copy.clear_company_numbers();
  copy.clear_birth_date();
  copy.clear_code();
  copy.clear_accounting_account();
  copy.clear_referrer();
  return copy;
}

const carnet::v1::FieldValue* FindValue(const carnet::v1::ExplainCustomerResponse& explained,
                                        uint64_t change_number, const std::string& record) {
  for (const auto& field : explained.fields()) {
    for (const auto& value : field.values()) {
      if (value.origin().change_number() == change_number &&
          (record.empty() || value.origin().record() == record)) {
        return &value;
      }
    }
  }
  return nullptr;
}

}  // namespace carnet::query
