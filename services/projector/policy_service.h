// gRPC's side of merchants' policies.
#pragma once

#include <memory>

#include "projector/writes.h"

namespace grpc {
class Service;
}

namespace carnet::projector_service {

// `moments` must outlive the service.
std::unique_ptr<grpc::Service> MakePolicyService(Moments* moments, PublishChanges publish);

}  // namespace carnet::projector_service
