// gRPC's side of reading orders.
#pragma once

#include <memory>

namespace grpc {
class Service;
}

namespace carnet::projector_service {

class Moments;

// `moments` must outlive the service.
std::unique_ptr<grpc::Service> MakeOrderService(Moments* moments);

}  // namespace carnet::projector_service
