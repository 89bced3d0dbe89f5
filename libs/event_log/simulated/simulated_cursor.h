// Reads a partition of a simulated log.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "event_log/event_log.h"
#include "event_log/simulated/simulated_log.h"

namespace carnet::event_log {

class SimulatedCursor final : public Cursor {
 public:
  SimulatedCursor(SimulatedLog* log, int32_t partition, int64_t offset)
      : log_(log), partition_(partition), position_(offset) {}

  absl::StatusOr<std::vector<StoredRecord>> Next(size_t max_records, size_t max_bytes,
                                                 absl::Time deadline) override;
  void Wake() override;
  int64_t position() const override { return position_; }
  int64_t end() const override { return end_; }

 private:
  SimulatedLog* const log_;
  const int32_t partition_;
  int64_t position_;
  int64_t end_ = 0;
  // What the views of the last batch point into.
  std::vector<std::shared_ptr<const Record>> held_;
  // Guarded by the log's mutex.
  bool woken_ = false;
};

}  // namespace carnet::event_log
