// gRPC's side of what channels delivered and nobody could use.
#pragma once

#include <memory>

namespace grpc {
class Service;
}
namespace carnet::event_log {
class EventLog;
}
namespace carnet::vault {
class Opener;
}

namespace carnet::projector_service {

class Moments;

// All must outlive the service.
std::unique_ptr<grpc::Service> MakeDeliveryService(Moments* moments, event_log::EventLog* log,
                                                   const vault::Opener* opener);

}  // namespace carnet::projector_service
