// Whether the views are too far behind the log to take REQUESTs.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "event_log/event_log.h"
#include "projection/projector.h"

namespace carnet::gateway {

class Projectors;

// May be used from any thread. Looks at log and views at most every 20 ms, so it costs a call
// nothing.
class LagGate {
 public:
  // All must outlive this. `projectors`: those of other processes; then `projector` is null.
  // Without either, and for a partition that this process does not serve, nothing ever lags.
  LagGate(event_log::EventLog* log, const projection::Projector* projector,
          const Projectors* projectors, int64_t limit);

  bool IsLagging(int32_t partition);

 private:
  void Refresh();

  event_log::EventLog* const log_;
  const projection::Projector* const projector_;
  const Projectors* const projectors_;
  const int64_t limit_;
  std::mutex refreshing_;
  std::atomic<int64_t> refresh_at_nanos_{0};
  const std::unique_ptr<std::atomic<bool>[]> lagging_;  // by partition
};

}  // namespace carnet::gateway
