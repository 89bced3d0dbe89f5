// gRPC's side of who is the same customer, and of forgetting one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "projector/eraser.h"
#include "projector/writes.h"

namespace grpc {
class Service;
}
namespace carnet::vault {
class Lookup;
class Opener;
}  // namespace carnet::vault

namespace carnet::projector_service {

struct IdentityServiceParts {
  Moments* moments;
  const vault::Opener* opener;
  const vault::Lookup* lookup;
  PublishChanges publish;  // empty: writes are refused
  Eraser* eraser;          // nullptr: keys are deleted elsewhere
};

// All parts must outlive the service.
std::unique_ptr<grpc::Service> MakeIdentityService(IdentityServiceParts parts);

}  // namespace carnet::projector_service
