// gRPC's side of subscriptions.
#pragma once

#include <memory>

namespace grpc {
class Service;
}
namespace carnet::projection {
class Projector;
}
namespace carnet::runtime {
class Guard;
}
namespace carnet::vault {
class Lookup;
class Opener;
}  // namespace carnet::vault

namespace carnet::projector_service {

class Moments;
class Subscriptions;

// All must outlive the service.
struct SubscriptionServiceParts {
  Moments* moments;
  projection::Projector* projector;
  const vault::Opener* opener;
  const vault::Lookup* lookup;
  runtime::Guard* guard;
  Subscriptions* subscriptions;
};
std::unique_ptr<grpc::Service> MakeSubscriptionService(const SubscriptionServiceParts& parts);

}  // namespace carnet::projector_service
