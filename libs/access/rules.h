// What each method asks of its caller, as its proto declares it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "access/grant.h"

namespace google::protobuf {
class Descriptor;
class DescriptorPool;
class FieldDescriptor;
class Message;
class MethodDescriptor;
}  // namespace google::protobuf

namespace carnet::access {

// A method's rule, ready for use.
class Rule {
 public:
  // Error: FAILED_PRECONDITION(ACCESS_RULE_MISSING, ACCESS_RULE_MALFORMED).
  static absl::StatusOr<Rule> Of(const google::protobuf::MethodDescriptor& method);

  const std::string& method() const { return method_; }  // "carnet.v1.LedgerService/GetBalance"
  v1::Permission permission() const { return permission_; }
  // Whether changes are checked one by one, by FactsOf(change).
  bool each_change() const { return each_change_; }

  // An empty request of the method.
  std::unique_ptr<google::protobuf::Message> NewRequest() const;

  // What a request is about; it points into it.
  Facts FactsOf(const google::protobuf::Message& request) const;

 private:
  std::string method_;
  const google::protobuf::Descriptor* request_ = nullptr;
  v1::Permission permission_ = v1::PERMISSION_UNSPECIFIED;
  bool each_change_ = false;
  int kind_ = 0;  // number of Body's field; 0: none
  bool is_resource_ = false;
  bool of_customer_ = false;
  std::vector<const google::protobuf::FieldDescriptor*> path_;  // empty: no merchant
};

// The rule of the method that takes, or gives, this message (each method has messages of its own);
// null where there is none: nobody may call it.
const Rule* RuleOf(const google::protobuf::Descriptor& request_or_response);

// What publishing a change is about.
Facts FactsOf(const v1::Change& change);

// Whether all methods of the linked services of package carnet.v1 have rules. Errors as above, the
// method's name in them. To be called before the process has a second thread: the first call of
// this or of RuleOf() reads what protobuf does not guard.
absl::Status CheckRules();

}  // namespace carnet::access
