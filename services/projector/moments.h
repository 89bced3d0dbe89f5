// From a request's merchant and min_position to the moment of the views that answers it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "carnet/v1/token.pb.h"
#include "event_log/event_log.h"
#include "projection/projector.h"
#include "query/view.h"
#include "runtime/guard.h"
#include "runtime/worker.h"

namespace carnet::projector_service {

// How long a call without a deadline waits for its min_position.
inline constexpr absl::Duration kDefaultWait = absl::Seconds(10);

// May be used from any thread. Must outlive the projector's Stop(), which ends what waits here.
class Moments {
 public:
  // All must outlive this. `late`: where reads go on that had to wait. `guard`: for the adapters.
  Moments(projection::Projector* projector, event_log::EventLog* log, runtime::Worker* late,
          runtime::Guard* guard);

  runtime::Guard* guard() const { return guard_; }

  // One moment, kept alive. The view's generation is only set by WithGeneration().
  struct Moment {
    std::shared_ptr<const view_store::Snapshot> snapshot;
    query::View view;
  };

  // Calls `use` once with a moment at or after the request's min_position: in this call where there
  // is one already, else from a thread in which reads may take their time. `deadline` as CallInfo
  // gives it. Errors: FAILED_PRECONDITION(TOKEN_OF_ANOTHER_LOG), INVALID_ARGUMENT(TOKEN_…),
  // UNAVAILABLE(BEHIND, PARTITION_STOPPED, PARTITION_NOT_SERVED).
  using Use = std::function<void(absl::StatusOr<Moment>)>;
  template <typename Request, typename UseNow>
  void With(const Request& request, int32_t partition, absl::Time deadline, UseNow use);

  // The same with a moment that has everything the log holds at the time of the call: what is not
  // there then is nowhere. Slow (it asks the log): for what must not be decided by a projector that
  // may be behind. Errors also: those of EventLog::EndOffset.
  void AtLogEnd(int32_t partition, absl::Time deadline, Use use);

  int32_t PartitionOf(std::string_view merchant) const;
  // The newest moment of a partition. Error: UNAVAILABLE(PARTITION_NOT_SERVED).
  absl::StatusOr<Moment> Now(int32_t partition) const;
  std::vector<int32_t> partitions() const { return projector_->partitions(); }
  // The moment's view, knowing which generation of the views it is of: page tokens are bound to it.
  query::View WithGeneration(const Moment& moment) const;

 private:
  Moment MakeMoment(int32_t partition, std::shared_ptr<const view_store::Snapshot> snapshot) const;
  void WhenAt(int32_t partition, int64_t offset, absl::Time deadline, Use use);

  projection::Projector* const projector_;
  event_log::EventLog* const log_;
  const std::string log_id_;  // as text
  const int32_t partition_count_;
  runtime::Worker* const late_;
  runtime::Guard* const guard_;
};

template <typename Request, typename UseNow>
void Moments::With(const Request& request, int32_t partition, absl::Time deadline, UseNow use) {
  const auto wanted =
      query::WantedOffset(request.has_min_position(), request.min_position(), log_id_, partition);
  if (!wanted.ok()) return use(wanted.status());
  // Most reads ask for no position: no function object for them.
  if (*wanted == 0) return use(Now(partition));
  WhenAt(partition, *wanted, deadline, Use(std::move(use)));
}

}  // namespace carnet::projector_service
