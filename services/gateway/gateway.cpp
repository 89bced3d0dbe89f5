#include "gateway/gateway.h"

#include <utility>

#include "gateway/change_service.h"
#include "gateway/committer.h"
#include "gateway/lag_gate.h"
#include "gateway/preparer.h"
#include "gateway/publisher.h"
#include "runtime/byte_budget.h"

namespace carnet::gateway {

struct Gateway::Impl {
  explicit Impl(Parts parts)
      : budget(parts.max_in_flight_bytes),
        merchants(parts.log->identity().partition_count, std::move(parts.settings_of), parts.keys),
        preparer({&merchants, parts.keys, parts.phones, parts.clock}),
        lag_gate(parts.log, parts.projector, parts.lag_limit),
        committer(std::make_unique<Committer>(parts.log, parts.keys)),
        publisher(
            {parts.log, parts.projector, &preparer, committer.get(), &lag_gate, parts.metrics}),
        service({parts.log, parts.projector, &publisher, &budget, parts.streams}) {}

  // What is appended still is answered through the publisher.
  ~Impl() { committer.reset(); }

  runtime::ByteBudget budget;
  Merchants merchants;
  Preparer preparer;
  LagGate lag_gate;
  std::unique_ptr<Committer> committer;
  Publisher publisher;
  ChangeService service;
};

Gateway::Gateway(Parts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}

Gateway::~Gateway() = default;

grpc::Service* Gateway::service() const { return impl_->service.service(); }

}  // namespace carnet::gateway
