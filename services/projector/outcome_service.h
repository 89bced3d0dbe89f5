// GetOutcome, where no gateway is in the process to answer it.
#pragma once

#include <memory>

#include <grpcpp/impl/codegen/service_type.h>

namespace carnet::projector_service {

class Moments;

// ChangeService of which only GetOutcome is implemented. `moments` must outlive it.
std::unique_ptr<grpc::Service> MakeOutcomeService(Moments* moments);

}  // namespace carnet::projector_service
