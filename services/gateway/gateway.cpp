#include "gateway/gateway.h"

#include <utility>

#include <grpcpp/impl/codegen/service_type.h>

#include "access/grant.h"
#include "base/fatal.h"
#include "carnet/log/v1/log.pb.h"
#include "domain/fold.h"
#include "gateway/access_service.h"
#include "gateway/change_service.h"
#include "gateway/committer.h"
#include "gateway/delivery_days.h"
#include "gateway/lag_gate.h"
#include "gateway/preparer.h"
#include "gateway/projectors.h"
#include "gateway/publisher.h"
#include "gateway/remote_policies.h"
#include "projection/projector.h"
#include "query/policies.h"
#include "runtime/byte_budget.h"
#include "runtime/guard.h"

namespace carnet::gateway {
namespace {

using Published = std::vector<absl::StatusOr<v1::PublishResponse>>;
using Done = std::function<void(Published)>;

// Changes of this process's own making.
class OwnChanges final : public Publication {
 public:
  OwnChanges(const Publisher& publisher, Done done)
      : publisher_(publisher), done_(std::move(done)) {
    wait = true;
  }
  void Answer() override {
    Published published;
    published.reserve(changes.size());
    for (size_t i = 0; i < changes.size(); ++i) {
      const Change& change = changes[i];
      if (!change.offset.ok()) {
        published.emplace_back(change.offset.status());
        continue;
      }
      v1::PublishResponse& response = *published.emplace_back(v1::PublishResponse());
      publisher_.SetToken(change.prepared.partition, *change.offset, response.mutable_token());
      response.mutable_outcome()->Swap(&outcomes[i]);
    }
    done_(std::move(published));
  }

 private:
  const Publisher& publisher_;
  const Done done_;
};

// Policy as the views have it at the moment, or those of other processes.
PolicyOf PolicyFrom(projection::Projector* projector, Projectors* projectors) {
  if (projector == nullptr && projectors == nullptr) return nullptr;
  if (projector == nullptr) {
    return [policies = std::make_shared<RemotePolicies>(projectors)](std::string_view merchant,
                                                                     int32_t partition) {
      return policies->Of(merchant, partition);
    };
  }
  return [projector, policies = std::make_shared<query::Policies>()](std::string_view merchant,
                                                                     int32_t partition) {
    static const auto none = std::make_shared<const log::v1::PolicyRow>();
    const auto snapshot = projector->snapshot(partition);
    return snapshot.ok() ? policies->Of(**snapshot, merchant) : none;
  };
}

}  // namespace

struct Gateway::Impl {
  explicit Impl(Parts parts)
      : budget(parts.max_in_flight_bytes),
        merchants(parts.log->identity().partition_count, parts.settings_of, parts.keys,
                  PolicyFrom(parts.projector, parts.projectors)),
        preparer({&merchants, parts.keys, parts.phones, parts.clock}),
        lag_gate(parts.log, parts.projector, parts.projectors, parts.lag_limit),
        committer(std::make_unique<Committer>(parts.log, parts.keys)),
        guard(parts.guard),
        publisher({parts.log, parts.projector, parts.projectors, &preparer, committer.get(),
                   &lag_gate, parts.metrics, parts.guard}),
        service({parts.log, parts.projector, parts.projectors, &publisher, &budget, parts.guard}),
        access_service(MakeAccessService(parts.guard)),
        delivery_days(std::make_unique<DeliveryDays>(
            DeliveryDays::Parts{.publisher = &publisher,
                                .merchants = &merchants,
                                .projector = parts.projector,
                                .settings_of = parts.settings_of,
                                .clock = parts.clock,
                                .partition_count = parts.log->identity().partition_count,
                                .look_every = parts.look_for_old_deliveries_every})) {}

  // What is appended still is answered through the publisher.
  ~Impl() {
    delivery_days.reset();
    committer.reset();
  }

  runtime::ByteBudget budget;
  Merchants merchants;
  Preparer preparer;
  LagGate lag_gate;
  std::unique_ptr<Committer> committer;
  runtime::Guard* const guard;
  Publisher publisher;
  ChangeService service;
  std::unique_ptr<grpc::Service> access_service;
  std::unique_ptr<DeliveryDays> delivery_days;
};

Gateway::Gateway(Parts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}

Gateway::~Gateway() = default;

void Gateway::SetEndpointMerchants(std::vector<std::string> merchants) const {
  impl_->delivery_days->SetMerchants(std::move(merchants));
}

void Gateway::Publish(const access::Grant& caller, std::vector<v1::Change> changes,
                      absl::Time deadline, Done done) const {
  auto publication = std::make_unique<OwnChanges>(impl_->publisher, std::move(done));
  publication->deadline = deadline;
  publication->changes.reserve(changes.size());
  for (v1::Change& change : changes) impl_->publisher.Add(caller, &change, publication.get());
  impl_->publisher.Publish(std::move(publication));
}

absl::StatusOr<std::vector<absl::StatusOr<v1::Outcome>>> Gateway::Preview(
    const access::Grant& caller, std::vector<v1::Change> changes,
    const domain::Reader& views) const {
  domain::Overlay state(views);
  std::vector<absl::StatusOr<v1::Outcome>> outcomes;
  outcomes.reserve(changes.size());
  log::v1::LogRecord record;
  for (v1::Change& change : changes) {
    auto& outcome = outcomes.emplace_back(v1::Outcome());
    // Keys made for what is never appended are never stored, but may serve whoever is next.
    vault::NewKeys new_keys;
    PreparedChange prepared;
    absl::Status status =
        impl_->guard->Authorize(caller, access::FactsOf(change), "a change", [] { return ""; });
    if (status.ok()) status = impl_->preparer.Prepare(&change, &prepared, &new_keys);
    if (!status.ok()) {
      outcome = std::move(status);
      continue;
    }
    CARNET_ASSERT(record.ParseFromString(prepared.record.value));
    status = domain::FoldChange(record.change(), &state, &*outcome);
    if (!status.ok()) return status;
  }
  return outcomes;
}

std::vector<grpc::Service*> Gateway::services() const {
  return {impl_->service.service(), impl_->access_service.get()};
}

Publisher* Gateway::publisher() const { return &impl_->publisher; }

}  // namespace carnet::gateway
