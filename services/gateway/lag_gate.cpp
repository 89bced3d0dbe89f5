#include "gateway/lag_gate.h"

#include <chrono>

#include "gateway/projectors.h"

namespace carnet::gateway {
namespace {

constexpr int64_t kIntervalNanos = 20'000'000;

int64_t SteadyNanos() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

}  // namespace

LagGate::LagGate(event_log::EventLog* log, const projection::Projector* projector,
                 const Projectors* projectors, int64_t limit)
    : log_(log),
      projector_(projector),
      projectors_(projectors),
      limit_(limit),
      lagging_(std::make_unique<std::atomic<bool>[]>(
          static_cast<size_t>(log->identity().partition_count))) {}

bool LagGate::IsLagging(int32_t partition) {
  if (projectors_ != nullptr) return projectors_->Lag(partition) > limit_;
  if (projector_ == nullptr) return false;
  const int64_t now = SteadyNanos();
  if (now >= refresh_at_nanos_.load(std::memory_order_relaxed)) {
    // One looks, the others go by what was seen last.
    const std::unique_lock lock(refreshing_, std::try_to_lock);
    if (lock.owns_lock()) {
      Refresh();
      refresh_at_nanos_.store(now + kIntervalNanos, std::memory_order_relaxed);
    }
  }
  return lagging_[static_cast<size_t>(partition)].load(std::memory_order_relaxed);
}

void LagGate::Refresh() {
  for (const projection::PartitionProgress& progress : projector_->progress()) {
    // The log's own end: a partition that stopped does not look any more.
    const auto end = log_->EndOffset(progress.partition);
    if (!end.ok()) continue;
    lagging_[static_cast<size_t>(progress.partition)].store(*end - progress.position > limit_,
                                                            std::memory_order_relaxed);
  }
}

}  // namespace carnet::gateway
