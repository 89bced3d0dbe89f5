// gRPC's side of reading customers.
#pragma once

#include <memory>

namespace grpc {
class Service;
}
namespace carnet::vault {
class Lookup;
class Opener;
}  // namespace carnet::vault

namespace carnet::projector_service {

class Moments;

// All arguments must outlive the service.
std::unique_ptr<grpc::Service> MakeCustomerService(Moments* moments, const vault::Opener* opener,
                                                   const vault::Lookup* lookup);

}  // namespace carnet::projector_service
