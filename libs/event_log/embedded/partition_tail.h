// The end of one partition: how far it is readable, its newest records in memory, who waits for
// more.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/time/time.h"

#include "event_log/event_log.h"

namespace carnet::event_log {

// Records that became readable together; never changed, so that readers share them without a lock.
struct TailChunk {
  int64_t first_offset = 0;
  size_t bytes = 0;
  std::vector<Record> records;

  int64_t end_offset() const { return first_offset + static_cast<int64_t>(records.size()); }
};

// Readers that keep up take their records from here and never touch RocksDB: an iterator per batch
// would cost them more than the records do. All functions may be called from any thread.
class PartitionTail {
 public:
  // Keeps about `max_bytes` of records.
  PartitionTail(int64_t end, size_t max_bytes) : max_bytes_(max_bytes), end_(end) {}

  // Makes records readable and wakes who waits. Only durable ones, without gap.
  void Publish(TailChunk chunk);

  int64_t end() const;

  struct View {
    // The end offset; `position` itself when the wait was in vain.
    int64_t end = 0;
    // From the one that holds `position` on, enough for max_records or max_bytes, or all there are;
    // empty if memory does not reach back to it.
    std::vector<std::shared_ptr<const TailChunk>> chunks;
  };

  // Waits until end > position, `*woken` or the deadline. `*woken` is guarded by this object: see
  // Wake(); a wait that it ends resets it.
  View WaitBeyond(int64_t position, size_t max_records, size_t max_bytes, absl::Time deadline,
                  bool* woken);

  void Wake(bool* woken);

 private:
  void AddChunks(int64_t position, size_t max_records, size_t max_bytes, View* view) const;

  const size_t max_bytes_;

  mutable std::mutex mutex_;
  std::condition_variable grown_;
  // Guarded by mutex_.
  int64_t end_;
  std::deque<std::shared_ptr<const TailChunk>> chunks_;
  size_t bytes_ = 0;
};

}  // namespace carnet::event_log
