// carnet.v1.ChangeService over gRPC.
#pragma once

#include <memory>

#include "event_log/event_log.h"
#include "gateway/publisher.h"
#include "projection/projector.h"
#include "runtime/byte_budget.h"
#include "runtime/guard.h"

namespace grpc {
class Service;
}

namespace carnet::gateway {

class Projectors;

// The service, to be handed to a server.
class ChangeService {
 public:
  struct Parts {
    event_log::EventLog* log;
    // As Gateway::Parts has them.
    projection::Projector* projector;
    Projectors* projectors;
    Publisher* publisher;
    // What all calls may hold: unary ones are refused above it (TOO_MANY_IN_FLIGHT), streams read
    // no further.
    runtime::ByteBudget* budget;
    runtime::Guard* guard;
  };
  // All parts must outlive this, and this the server.
  explicit ChangeService(const Parts& parts);
  ~ChangeService();

  grpc::Service* service();

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace carnet::gateway
