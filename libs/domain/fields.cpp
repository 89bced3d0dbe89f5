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
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

// What a type of message can hold, looked up once.
struct Plan {
  struct Child {
    const FieldDescriptor* field;
    const Plan* plan;
  };
  const Reflection* reflection = nullptr;  // asking a message for it takes longer than a field
  std::vector<Child> singular;             // outside oneofs
  std::vector<Child> repeated;
  std::vector<Child> in_oneofs;
  std::vector<const OneofDescriptor*> oneofs;  // those with a message among their members
  bool is_personal = false;
  bool is_token = false;
};

// `example`: any message of the type.
//
// One table a thread: no lock on the way of every change. Plans are never dropped, so they may
// point at each other.
const Plan& PlanOf(const Message& example) {
  const Descriptor* const type = example.GetDescriptor();
  thread_local absl::flat_hash_map<const Descriptor*, std::unique_ptr<Plan>> known;
  if (const auto found = known.find(type); found != known.end()) return *found->second;
  Plan* const plan = known.emplace(type, std::make_unique<Plan>()).first->second.get();
  plan->reflection = example.GetReflection();
  plan->is_personal = type == carnet::v1::Personal::descriptor();
  plan->is_token = type == carnet::v1::IdentityToken::descriptor();
  auto* const factory = google::protobuf::MessageFactory::generated_factory();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* const field = type->field(i);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const Message* const part = factory->GetPrototype(field->message_type());
    const Plan::Child child{field, &PlanOf(*part)};
    if (field->is_repeated()) {
      plan->repeated.push_back(child);
    } else if (field->real_containing_oneof() == nullptr) {
      plan->singular.push_back(child);
    } else {
      plan->in_oneofs.push_back(child);
      if (plan->oneofs.empty() || plan->oneofs.back() != field->real_containing_oneof()) {
        plan->oneofs.push_back(field->real_containing_oneof());
      }
    }
  }
  return *plan;
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

std::optional<FormError> CheckMessage(const Plan& plan, const Message& message, PersonalForm form);

std::optional<FormError> CheckChild(const Plan::Child& child, const Message& message, int index,
                                    PersonalForm form) {
  auto error = CheckMessage(*child.plan, message, form);
  if (!error) return error;
  std::string path(child.field->name());
  if (index >= 0) path += "[" + std::to_string(index) + "]";
  error->field = error->field.empty() ? path : path + "." + error->field;
  return error;
}

std::optional<FormError> CheckMessage(const Plan& plan, const Message& message, PersonalForm form) {
  const Reflection* const reflection = plan.reflection;
  const auto& unknown = reflection->GetUnknownFields(message);
  if (!unknown.empty()) {
    return At(reason::kUnknownField, "field number " + std::to_string(unknown.field(0).number()) +
                                         " is not known to this version");
  }
  if (plan.is_personal) {
    if (auto error = CheckPersonal(static_cast<const carnet::v1::Personal&>(message), form))
      return error;
  } else if (plan.is_token && form == PersonalForm::kPlain) {
    return At(reason::kSealedNotAllowed, "only the gateway writes identity tokens: leave them out");
  }
  for (const Plan::Child& child : plan.singular) {
    if (!reflection->HasField(message, child.field)) continue;
    if (auto error = CheckChild(child, reflection->GetMessage(message, child.field), -1, form))
      return error;
  }
  for (const OneofDescriptor* oneof : plan.oneofs) {
    const FieldDescriptor* const set = reflection->GetOneofFieldDescriptor(message, oneof);
    for (const Plan::Child& child : plan.in_oneofs) {
      if (child.field != set) continue;
      if (auto error = CheckChild(child, reflection->GetMessage(message, set), -1, form))
        return error;
    }
  }
  for (const Plan::Child& child : plan.repeated) {
    const int size = reflection->FieldSize(message, child.field);
    for (int i = 0; i < size; ++i) {
      const Message& element = reflection->GetRepeatedMessage(message, child.field, i);
      if (auto error = CheckChild(child, element, i, form)) return error;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<FormError> CheckFields(const Message& message, PersonalForm form) {
  return CheckMessage(PlanOf(message), message, form);
}

}  // namespace carnet::domain
