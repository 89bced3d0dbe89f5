// carnet.v1.AccessService over gRPC.
#pragma once

#include <memory>

namespace grpc {
class Service;
}
namespace carnet::runtime {
class Guard;
}

namespace carnet::gateway {

// `guard` must outlive the service.
std::unique_ptr<grpc::Service> MakeAccessService(runtime::Guard* guard);

}  // namespace carnet::gateway
