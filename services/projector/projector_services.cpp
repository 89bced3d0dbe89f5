#include "projector/projector_services.h"

#include <utility>

#include <grpcpp/impl/codegen/service_type.h>

#include "event_log/event_log.h"
#include "projector/customer_service.h"
#include "projector/delivery_service.h"
#include "projector/identity_service.h"
#include "projector/ledger_service.h"
#include "projector/moments.h"
#include "projector/order_service.h"
#include "projector/outcome_service.h"
#include "projector/policy_service.h"
#include "projector/subscription_service.h"
#include "projector/subscriptions.h"
#include "runtime/worker.h"

namespace carnet::projector_service {

struct ProjectorServices::Impl {
  explicit Impl(const Parts& parts)
      : late(std::make_unique<runtime::Worker>()),
        moments(parts.projector, parts.log, late.get(), parts.guard),
        subscriptions(std::make_unique<Subscriptions>(parts.projector, parts.subscriber_patience)) {
  }
  // Both have a thread that uses the services: they are made first and go first.
  ~Impl() {
    late.reset();
    subscriptions.reset();
  }

  std::unique_ptr<runtime::Worker> late;
  Moments moments;
  std::unique_ptr<Subscriptions> subscriptions;
  std::unique_ptr<grpc::Service> customers;
  std::unique_ptr<grpc::Service> identity;
  std::unique_ptr<grpc::Service> policy;
  std::unique_ptr<grpc::Service> ledger;
  std::unique_ptr<grpc::Service> orders;
  std::unique_ptr<grpc::Service> deliveries;
  std::unique_ptr<grpc::Service> subscription;
  std::unique_ptr<grpc::Service> admin;
  std::unique_ptr<grpc::Service> outcomes;
};

ProjectorServices::ProjectorServices(Parts parts) : impl_(std::make_unique<Impl>(parts)) {
  Moments* moments = &impl_->moments;
  impl_->customers = MakeCustomerService({.moments = moments,
                                          .opener = parts.opener,
                                          .lookup = parts.lookup,
                                          .publish = parts.publish,
                                          .preview = parts.preview,
                                          .country_of = parts.country_of});
  impl_->identity = MakeIdentityService({.moments = moments,
                                         .opener = parts.opener,
                                         .lookup = parts.lookup,
                                         .publish = parts.publish,
                                         .eraser = parts.eraser});
  impl_->policy = MakePolicyService(moments, parts.publish);
  impl_->ledger = MakeLedgerService(moments, parts.opener);
  impl_->orders = MakeOrderService(moments);
  impl_->deliveries = MakeDeliveryService(moments, parts.log, parts.opener);
  impl_->subscription = MakeSubscriptionService({.moments = moments,
                                                 .projector = parts.projector,
                                                 .opener = parts.opener,
                                                 .lookup = parts.lookup,
                                                 .guard = parts.guard,
                                                 .subscriptions = impl_->subscriptions.get()});
  parts.facts.log = parts.log->identity().log_id.ToString();
  parts.facts.log_kind = std::string(parts.log->kind());
  impl_->admin = MakeAdminService(moments, parts.projector, parts.log, std::move(parts.facts));
  services_ = {impl_->customers.get(), impl_->policy.get(),       impl_->ledger.get(),
               impl_->orders.get(),    impl_->subscription.get(), impl_->admin.get(),
               impl_->identity.get(),  impl_->deliveries.get()};
  if (parts.outcomes) {
    impl_->outcomes = MakeOutcomeService(moments);
    services_.push_back(impl_->outcomes.get());
  }
}

ProjectorServices::~ProjectorServices() = default;

size_t ProjectorServices::subscribers() const { return impl_->subscriptions->count(); }

}  // namespace carnet::projector_service
