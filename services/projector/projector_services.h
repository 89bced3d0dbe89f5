// The projector role's services: reading customers and the ledger, following the feed, looking
// after the views.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

#include "projector/admin_service.h"
#include "projector/eraser.h"
#include "projector/writes.h"

namespace grpc {
class Service;
}
namespace carnet::event_log {
class EventLog;
}
namespace carnet::projection {
class Projector;
}
namespace carnet::runtime {
class Guard;
}
namespace carnet::vault {
class Lookup;
class Opener;
}  // namespace carnet::vault

namespace carnet::projector_service {

// CustomerService, IdentityService, PolicyService, LedgerService, OrderService, DeliveryService,
// SubscriptionService and AdminService, to be handed to a server.
//
// Going down: first the server's Shutdown() (it ends the streams), then Projector::Stop() (it ends
// what waits for a position), then this, then what it was made of.
class ProjectorServices {
 public:
  // All must outlive this.
  struct Parts {
    projection::Projector* projector;
    event_log::EventLog* log;
    const vault::Opener* opener;
    const vault::Lookup* lookup;
    runtime::Guard* guard;
    // How long a subscriber may leave one message on its way before it is dropped.
    absl::Duration subscriber_patience = absl::Seconds(30);
    // How the process takes changes; empty: it takes none, and resource services refuse to write.
    PublishChanges publish;
    PreviewChanges preview;
    // Deletes keys of who is forgotten; nullptr: that is done elsewhere.
    Eraser* eraser = nullptr;
    // In which country a merchant's phones are read where its policy does not say; may be empty.
    std::function<std::string(std::string_view merchant)> country_of;
    // Without a gateway in the process, GetOutcome is answered here.
    bool outcomes = false;
    ProcessFacts facts;  // `log` and `log_kind` are taken from the log
  };
  explicit ProjectorServices(Parts parts);
  ~ProjectorServices();

  const std::vector<grpc::Service*>& services() const { return services_; }

  // How many subscribers there are; those that went may count for a second more.
  size_t subscribers() const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
  std::vector<grpc::Service*> services_;
};

}  // namespace carnet::projector_service
