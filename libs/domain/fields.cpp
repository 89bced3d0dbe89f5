// CheckFields of form.h: a walk over every message inside another. It runs for each change, at the
// gateway and in the fold, so what can be known of a type is looked up once.
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include "domain/form.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The fields of a message type that hold messages of ours.
using MessageFields = std::vector<const FieldDescriptor*>;

// One table a thread: no lock on the way of every change.
const MessageFields& FieldsOf(const Descriptor* type) {
  thread_local absl::flat_hash_map<const Descriptor*, std::unique_ptr<MessageFields>> known;
  auto& fields = known[type];
  if (!fields) {
    fields = std::make_unique<MessageFields>();
    for (int i = 0; i < type->field_count(); ++i) {
      if (type->field(i)->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        fields->push_back(type->field(i));
      }
    }
  }
  return *fields;
}

FormError At(std::string_view reason, std::string detail) {
  return {reason, "", std::move(detail)};
}

std::optional<FormError> CheckPersonal(const carnet::v1::Personal& value, PersonalForm form) {
  if (form == PersonalForm::kSealed) {
    if (value.value_case() == carnet::v1::Personal::kPlain || !value.normalized().empty()) {
      return At(reason::kPlainPersonalData,
                "personal data stands here unsealed: publish through a gateway");
    }
    return std::nullopt;
  }
  if (value.has_sealed()) return At(reason::kSealedNotAllowed, "send the value as `plain`");
  if (!value.normalized().empty() || !value.flags().empty()) {
    return At(reason::kSealedNotAllowed,
              "`normalized` and `flags` are output only: leave them out");
  }
  return std::nullopt;
}

std::optional<FormError> CheckMessage(const Message& message, PersonalForm form) {
  const auto* reflection = message.GetReflection();
  const auto& unknown = reflection->GetUnknownFields(message);
  if (!unknown.empty()) {
    return At(reason::kUnknownField, "field number " + std::to_string(unknown.field(0).number()) +
                                         " is not known to this version");
  }
  const Descriptor* type = message.GetDescriptor();
  if (type == carnet::v1::Personal::descriptor()) {
    if (auto error = CheckPersonal(static_cast<const carnet::v1::Personal&>(message), form))
      return error;
  } else if (form == PersonalForm::kPlain && type == carnet::v1::IdentityToken::descriptor()) {
    return At(reason::kSealedNotAllowed, "only the gateway writes identity tokens: leave them out");
  }
  const auto descend = [&](const Message& child, const FieldDescriptor* field, int index) {
    auto error = CheckMessage(child, form);
    if (!error) return error;
    std::string path(field->name());
    if (index >= 0) path += "[" + std::to_string(index) + "]";
    error->field = error->field.empty() ? path : path + "." + error->field;
    return error;
  };
  for (const FieldDescriptor* field : FieldsOf(type)) {
    if (field->is_repeated()) {
      const int size = reflection->FieldSize(message, field);
      for (int i = 0; i < size; ++i) {
        if (auto error = descend(reflection->GetRepeatedMessage(message, field, i), field, i))
          return error;
      }
    } else if (reflection->HasField(message, field)) {
      if (auto error = descend(reflection->GetMessage(message, field), field, -1)) return error;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<FormError> CheckFields(const Message& message, PersonalForm form) {
  return CheckMessage(message, form);
}

}  // namespace carnet::domain
