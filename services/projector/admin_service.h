// gRPC's side of looking after the views.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace grpc {
class Service;
}
namespace carnet::event_log {
class EventLog;
}
namespace carnet::projection {
class Projector;
}

namespace carnet::projector_service {

class Moments;

// What the process knows of itself.
struct ProcessFacts {
  std::string version;
  std::vector<std::string> roles;
  std::string log;       // the log's id, as text
  std::string log_kind;  // embedded, kafka or simulated
  absl::Time started_at;
};

// All must outlive the service. `log` keeps decisions about records; nothing is appended to it.
std::unique_ptr<grpc::Service> MakeAdminService(Moments* moments, projection::Projector* projector,
                                                event_log::EventLog* log, ProcessFacts facts);

}  // namespace carnet::projector_service
