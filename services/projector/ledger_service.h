// gRPC's side of reading the ledger.
#pragma once

#include <memory>

namespace grpc {
class Service;
}
namespace carnet::vault {
class Opener;
}

namespace carnet::projector_service {

class Moments;

// All arguments must outlive the service.
std::unique_ptr<grpc::Service> MakeLedgerService(Moments* moments, const vault::Opener* opener);

}  // namespace carnet::projector_service
