// Every method of the contract, found in its descriptors, and a way to call it without knowing it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <grpcpp/channel.h>

#include "access/rules.h"
#include "carnet/v1/access.pb.h"

namespace carnet::acceptance {

struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  access::Rule rule;
  v1::AccessRule declared;

  std::string name() const { return descriptor->name(); }
};

class Contract {
 public:
  // From the descriptors that a build leaves for clients. A method without a rule ends the test.
  Contract();

  const std::vector<Method>& methods() const { return methods_; }
  const Method& Find(const std::string& name) const;

  // A request about that merchant and, where the method takes one, that customer; serialised. What
  // is published is a sale in the name of channel "pos".
  std::string Request(const Method& method, const std::string& merchant,
                      const std::string& customer) const;

  // Calls it with this key or token (empty: none) and one request. Of a stream of answers only the
  // first is waited for, and OK says that there was one; a change that is refused in an answer is
  // as good as a call that is.
  absl::Status Call(const std::shared_ptr<grpc::Channel>& channel, const Method& method,
                    const std::string& credential, const std::string& request) const;

 private:
  google::protobuf::DescriptorPool pool_;
  mutable google::protobuf::DynamicMessageFactory factory_;
  std::vector<Method> methods_;
};

}  // namespace carnet::acceptance
