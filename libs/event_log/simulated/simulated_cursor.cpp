#include "event_log/simulated/simulated_cursor.h"

#include "absl/time/clock.h"

#include "base/error.h"
#include "event_log/control_records.h"

namespace carnet::event_log {

absl::StatusOr<std::vector<StoredRecord>> SimulatedCursor::Next(size_t max_records,
                                                                size_t max_bytes,
                                                                absl::Time deadline) {
  held_.clear();
  std::unique_lock lock(log_->mutex_);
  const SimulatedDisk::Partition& stored =
      log_->disk_->partitions_[static_cast<size_t>(partition_)];
  if (log_->Chance(log_->options_.faults.read_errors)) {
    return Error(absl::StatusCode::kUnavailable, "SIMULATED", "the read failed");
  }
  std::vector<StoredRecord> batch;
  while (true) {
    if (absl::Status status =
            CheckPosition(partition_, position_, stored.first_offset, stored.durable_end);
        !status.ok()) {
      return status;
    }
    if (position_ < stored.durable_end) break;
    if (log_->options_.stepped || absl::Now() >= deadline) return batch;
    if (woken_) {
      woken_ = false;
      return batch;
    }
    log_->changed_.wait_for(
        lock, absl::ToChronoNanoseconds(std::min(deadline - absl::Now(), absl::Seconds(10))));
  }
  end_ = stored.durable_end;
  size_t bytes = 0;
  while (position_ < stored.durable_end && (batch.empty() || batch.size() < max_records)) {
    const auto& record = stored.records[static_cast<size_t>(position_ - stored.first_offset)];
    bytes += SizeOf(*record);
    if (!batch.empty() && bytes > max_bytes) break;
    held_.push_back(record);
    batch.push_back({.offset = position_++, .key = record->key, .value = record->value});
  }
  return batch;
}

void SimulatedCursor::Wake() {
  {
    std::lock_guard lock(log_->mutex_);
    woken_ = true;
  }
  log_->changed_.notify_all();
}

}  // namespace carnet::event_log
