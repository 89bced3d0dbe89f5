// CheckLimits of form_path.h: how long and how many, from the options of the fields themselves.
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include <google/protobuf/descriptor.h>

#include "carnet/v1/options.pb.h"
#include "domain/form_path.h"

namespace carnet::domain {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kUsualBytes = 128;

// What there is to check of a type of message, looked up once.
struct Plan {
  struct Step {
    const FieldDescriptor* field;
    const Plan* inside = nullptr;  // of a message
    int most = 0;                  // of a list; 0: any number
    size_t max_bytes = 0;          // of a text
  };
  std::vector<Step> steps;
  bool is_personal = false;
};

// One table a thread: no lock on the way of every change. Plans are never dropped.
const Plan& PlanOf(const Descriptor* type) {
  thread_local absl::flat_hash_map<const Descriptor*, std::unique_ptr<Plan>> known;
  if (const auto found = known.find(type); found != known.end()) return *found->second;
  Plan* const plan = known.emplace(type, std::make_unique<Plan>()).first->second.get();
  plan->is_personal = type == carnet::v1::Personal::descriptor();
  if (plan->is_personal) return *plan;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* const field = type->field(i);
    Plan::Step step{field};
    step.most = static_cast<int>(field->options().GetExtension(carnet::v1::most));
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      // What only a gateway writes.
      if (field->message_type() == carnet::v1::IdentityToken::descriptor()) continue;
      step.inside = &PlanOf(field->message_type());
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      const uint32_t bytes = field->options().GetExtension(carnet::v1::max_bytes);
      step.max_bytes = bytes == 0 ? kUsualBytes : bytes;
    } else if (step.most == 0) {
      continue;
    }
    plan->steps.push_back(step);
  }
  return *plan;
}

MaybeError Check(const Plan& plan, const Message& message, const Path& at) {
  if (plan.is_personal) return CheckPersonal(static_cast<const carnet::v1::Personal&>(message), at);
  const auto* const reflection = message.GetReflection();
  std::string scratch;
  for (const Plan::Step& step : plan.steps) {
    const char* const name = step.field->name().c_str();
    if (!step.field->is_repeated()) {
      if (step.inside != nullptr) {
        if (!reflection->HasField(message, step.field)) continue;
        if (auto e = Check(*step.inside, reflection->GetMessage(message, step.field), at / name))
          return e;
      } else if (step.max_bytes != 0) {
        const auto& text = reflection->GetStringReference(message, step.field, &scratch);
        if (auto e = CheckText(text, at / name, step.max_bytes)) return e;
      }
      continue;
    }
    const int size = reflection->FieldSize(message, step.field);
    if (size == 0) continue;
    if (step.most != 0) {
      if (auto e = CheckCount(size, step.most, at / name)) return e;
    }
    for (int i = 0; i < size; ++i) {
      if (step.inside != nullptr) {
        const Message& element = reflection->GetRepeatedMessage(message, step.field, i);
        if (auto e = Check(*step.inside, element, at / name / i)) return e;
      } else if (step.max_bytes != 0) {
        const auto& text = reflection->GetRepeatedStringReference(message, step.field, i, &scratch);
        if (auto e = CheckText(text, at / name / i, step.max_bytes)) return e;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

MaybeError CheckLimits(const Message& message, const Path& field) {
  return Check(PlanOf(message.GetDescriptor()), message, field);
}

}  // namespace carnet::domain
