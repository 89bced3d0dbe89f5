// The gateway role: takes changes, checks, stamps and seals them, and appends them to the log.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "access/grant.h"
#include "carnet/v1/change_service.pb.h"
#include "domain/state.h"
#include "gateway/merchants.h"

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
class Metrics;
class Guard;
}  // namespace carnet::runtime
namespace carnet::vault {
class KeyRing;
class PhoneNormalizer;
}  // namespace carnet::vault

namespace carnet::gateway {

class Clock;
class Projectors;
class Publisher;

// ChangeService, AccessService and what stands behind it.
//
// Going down: first the server's Shutdown(), then Projector::Stop() (it ends what waits for
// outcomes), then this (it appends what it has taken), then what it was made of.
class Gateway {
 public:
  // All must outlive this.
  struct Parts {
    event_log::EventLog* log;
    // Who folds: the projector of this process, or those of others. Without the former, merchants'
    // policies are not known: settings_of alone says how to read what they send. Both null:
    // outcomes can't be waited for, either, and REQUESTs are never shed.
    projection::Projector* projector;
    Projectors* projectors = nullptr;
    vault::KeyRing* keys;
    vault::PhoneNormalizer* phones;
    Clock* clock;
    runtime::Metrics* metrics;
    runtime::Guard* guard;
    SettingsOf settings_of;
    int64_t lag_limit = 100'000;  // records; see LagGate
    size_t max_in_flight_bytes = size_t{64} << 20;
    absl::Duration look_for_old_deliveries_every = absl::Minutes(1);
  };
  explicit Gateway(Parts parts);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  std::vector<grpc::Service*> services() const;
  // For whatever else takes changes in; it must be done with it before this goes.
  Publisher* publisher() const;

  // Whose deliveries may be kept: those of merchants who have endpoints. Where other processes
  // fold, theirs are dropped when their days are over, and nobody else's.
  void SetEndpointMerchants(std::vector<std::string> merchants) const;

  // Publishes changes in the name of `caller` as ChangeService.Publish does with `wait`, and calls
  // `done` once, from any thread, with an answer for each: its outcome and the position behind it.
  // Errors: as Publish.
  void Publish(const access::Grant& caller, std::vector<v1::Change> changes, absl::Time deadline,
               std::function<void(std::vector<absl::StatusOr<v1::PublishResponse>>)> done) const;

  // What would become of changes if `caller` published them now, one after the other, on top of
  // `views`: the same checks, and the same fold, in memory. Nothing is appended, or stored but
  // the keys of a merchant who had none.
  // Of each its outcome, or Publish's error. Errors of the whole: those of domain::FoldChange().
  absl::StatusOr<std::vector<absl::StatusOr<v1::Outcome>>> Preview(
      const access::Grant& caller, std::vector<v1::Change> changes,
      const domain::Reader& views) const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace carnet::gateway
