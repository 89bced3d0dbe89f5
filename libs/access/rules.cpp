#include "access/rules.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor_database.h>
#include <google/protobuf/message.h>

#include "access/roles.h"
#include "base/error.h"
#include "carnet/v1/change.pb.h"

namespace carnet::access {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

absl::Status RuleError(std::string_view reason, const MethodDescriptor& method,
                       std::string_view what) {
  return Error(absl::StatusCode::kFailedPrecondition, reason,
               absl::StrCat("method ", method.full_name(), " ", std::string(what)));
}

// All methods of package carnet.v1 that are linked into this program. Protobuf guards its pool, but
// not the list of its files: it is read once.
const std::vector<const MethodDescriptor*>& LinkedMethods() {
  static const auto* const methods = [] {
    auto* all = new std::vector<const MethodDescriptor*>;
    std::vector<std::string> files;
    DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
    for (const std::string& name : files) {
      if (!absl::StartsWith(name, "carnet/v1/")) continue;
      const auto* file = DescriptorPool::generated_pool()->FindFileByName(name);
      for (int s = 0; s < file->service_count(); ++s) {
        for (int m = 0; m < file->service(s)->method_count(); ++m) {
          all->push_back(file->service(s)->method(m));
        }
      }
    }
    return all;
  }();
  return *methods;
}

}  // namespace

absl::StatusOr<Rule> Rule::Of(const MethodDescriptor& method) {
  if (!method.options().HasExtension(v1::access)) {
    return RuleError("ACCESS_RULE_MISSING", method,
                     "has no rule who may call it: give it an option (carnet.v1.access)");
  }
  const v1::AccessRule& declared = method.options().GetExtension(v1::access);
  Rule rule;
  rule.method_ = absl::StrCat(method.service()->full_name(), "/", method.name());
  rule.request_ = method.input_type();
  rule.permission_ = declared.permission();
  rule.each_change_ = declared.each_change();
  std::string path = declared.merchant();
  if (declared.subject_case() == v1::AccessRule::kResource) {
    rule.is_resource_ = true;
    path = declared.resource();
  } else if (declared.subject_case() == v1::AccessRule::kCustomer) {
    rule.is_resource_ = true;
    rule.of_customer_ = true;
    path = declared.customer();
  }
  if (!v1::Permission_IsValid(rule.permission_) || rule.permission_ == v1::PERMISSION_UNSPECIFIED) {
    return RuleError("ACCESS_RULE_MALFORMED", method, "has a rule without a permission");
  }
  const bool for_all = rule.permission_ == v1::PERMISSION_OPERATE;
  if (for_all != (declared.subject_case() == v1::AccessRule::SUBJECT_NOT_SET)) {
    return RuleError("ACCESS_RULE_MALFORMED", method,
                     "has a rule that does not say whose data it is about");
  }
  rule.kind_ = KindNumber(declared.kind());
  const bool publishes = rule.permission_ == v1::PERMISSION_PUBLISH;
  const bool one_kind = publishes && !rule.each_change_;
  if ((rule.each_change_ && !publishes) || one_kind != (rule.kind_ != 0) ||
      (rule.kind_ == 0 && !declared.kind().empty())) {
    return RuleError("ACCESS_RULE_MALFORMED", method,
                     "has a rule that does not say which kind of change it publishes");
  }
  const Descriptor* message = method.input_type();
  for (const absl::string_view part : absl::StrSplit(path, '.', absl::SkipEmpty())) {
    const FieldDescriptor* field =
        message == nullptr ? nullptr : message->FindFieldByName(std::string(part));
    if (field == nullptr || field->is_repeated()) {
      return RuleError("ACCESS_RULE_MALFORMED", method,
                       absl::StrCat("has a rule about '", path, "', which its request has not"));
    }
    rule.path_.push_back(field);
    message = field->message_type();
  }
  const bool has_path = declared.subject_case() == v1::AccessRule::kMerchant || rule.is_resource_;
  if (has_path != !rule.path_.empty() ||
      (has_path && rule.path_.back()->type() != FieldDescriptor::TYPE_STRING)) {
    return RuleError("ACCESS_RULE_MALFORMED", method, "has a rule about a field that is no text");
  }
  return rule;
}

std::unique_ptr<Message> Rule::NewRequest() const {
  return std::unique_ptr<Message>(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(request_)->New());
}

Facts Rule::FactsOf(const Message& request) const {
  Facts facts{.permission = permission_, .has_merchant = !path_.empty(), .kind = kind_};
  if (path_.empty()) return facts;
  const Message* message = &request;
  for (size_t i = 0; i + 1 < path_.size(); ++i) {
    message = &message->GetReflection()->GetMessage(*message, path_[i]);
  }
  // Generated messages keep texts as std::string: the scratch stays unused.
  std::string scratch;
  const std::string& text =
      message->GetReflection()->GetStringReference(*message, path_.back(), &scratch);
  std::string_view name = text;
  if (!is_resource_) {
    facts.merchant = name;
    return facts;
  }
  constexpr std::string_view kMerchants = "merchants/";
  constexpr std::string_view kCustomers = "customers/";
  if (!name.starts_with(kMerchants)) return facts;
  name.remove_prefix(kMerchants.size());
  const size_t slash = name.find('/');
  facts.merchant = name.substr(0, slash);
  if (slash == std::string_view::npos || !of_customer_) return facts;
  name.remove_prefix(slash + 1);
  if (name.starts_with(kCustomers)) facts.customer = Uuid::Parse(name.substr(kCustomers.size()));
  return facts;
}

const Rule* RuleOf(const Descriptor& request_or_response) {
  static const auto* const rules = [] {
    auto* all = new absl::flat_hash_map<std::string, const Rule*>;
    for (const MethodDescriptor* method : LinkedMethods()) {
      auto rule = Rule::Of(*method);
      if (!rule.ok()) continue;
      const auto* kept = new Rule(*std::move(rule));
      all->emplace(method->input_type()->full_name(), kept);
      all->emplace(method->output_type()->full_name(), kept);
    }
    return all;
  }();
  const auto found = rules->find(request_or_response.full_name());
  return found == rules->end() ? nullptr : found->second;
}

Facts FactsOf(const v1::Change& change) {
  return {.permission = v1::PERMISSION_PUBLISH,
          .merchant = change.merchant(),
          .has_merchant = true,
          .is_change = true,
          .channel = change.channel(),
          .kind = change.body().kind_case(),
          .intent = change.intent()};
}

absl::Status CheckRules() {
  for (const MethodDescriptor* method : LinkedMethods()) {
    if (const auto rule = Rule::Of(*method); !rule.ok()) return rule.status();
  }
  return absl::OkStatus();
}

}  // namespace carnet::access
