#include "vault/personal_plan.h"

#include <string_view>
#include <utility>

#include "base/fatal.h"
#include "carnet/v1/change.pb.h"
#include "carnet/v1/contact.pb.h"
#include "carnet/v1/personal.pb.h"

namespace carnet::vault {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

ValueKind KindOf(std::string_view path) {
  if (path == "contact.emails") return ValueKind::kEmail;
  if (path == "contact.phones" || path == "contact.referrer.phone") return ValueKind::kPhone;
  if (path == "consent_recorded.email") return ValueKind::kEmail;
  if (path == "consent_recorded.phone") return ValueKind::kPhone;
  if (path == "contact.web_site") return ValueKind::kWebSite;
  if (path == "contact.birth_date") return ValueKind::kBirthDate;
  if (path == "contact.company_numbers.number") return ValueKind::kCompanyNumber;
  if (path == "contact.company_name") return ValueKind::kCompanyName;
  return ValueKind::kText;
}

std::unique_ptr<const PersonalPlan> MakePlan(const Descriptor* message, const std::string& prefix,
                                             int depth) {
  // A message that contains itself would have paths without end; the contract has none.
  CARNET_ASSERT(depth < 16);
  auto plan = std::make_unique<PersonalPlan>();
  plan->message = message;
  plan->reflection =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(message)->GetReflection();
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* const field = message->field(i);
    const Descriptor* const type = field->message_type();
    if (type == nullptr || type->file()->package() != message->file()->package()) continue;
    PersonalStep step;
    step.field = field;
    step.path = type == v1::Contact::descriptor() ? "contact"
                : prefix.empty()                  ? field->name()
                                                  : prefix + "." + field->name();
    if (type == v1::Personal::descriptor()) {
      step.kind = KindOf(step.path);
      step.tokens_only = message == v1::ConsentRecorded::descriptor();
    } else {
      step.inside = MakePlan(type, step.path, depth + 1);
      if (step.inside->steps.empty()) continue;
    }
    plan->steps.push_back(std::move(step));
  }
  return plan;
}

}  // namespace

const PersonalPlan& BodyPlan() {
  static const std::unique_ptr<const PersonalPlan> plan = MakePlan(v1::Body::descriptor(), "", 0);
  return *plan;
}

const PersonalPlan& ContactPlan() {
  static const std::unique_ptr<const PersonalPlan> plan =
      MakePlan(v1::Contact::descriptor(), "contact", 0);
  return *plan;
}

}  // namespace carnet::vault
