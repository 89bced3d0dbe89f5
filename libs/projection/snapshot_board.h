// The newest snapshot of each partition, and who waits for a later one.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "view_store/view_store.h"

namespace carnet::projection {

// One for a process: one thread ends all waits that last too long. All functions may be called from
// any thread; callbacks run without any lock of the board's held.
class SnapshotBoard {
 public:
  using SnapshotPtr = std::shared_ptr<const view_store::Snapshot>;
  using ReadyCallback = std::function<void(absl::StatusOr<SnapshotPtr>)>;

  SnapshotBoard();
  // Shuts down.
  ~SnapshotBoard();

  // Puts up a partition's newest snapshot, then calls whom it satisfies, from this thread.
  void Publish(int32_t partition, SnapshotPtr snapshot);

  // No later snapshot will come: `why` for whoever waits for one, now or later.
  void Halt(int32_t partition, absl::Status why);

  // Later snapshots may come again.
  void Resume(int32_t partition);

  // Ends all waits with UNAVAILABLE(SHUTTING_DOWN); later ones end at once, unless satisfied.
  void ShutDown();

  // UNAVAILABLE(PARTITION_NOT_SERVED) if nothing was put up for it.
  absl::StatusOr<SnapshotPtr> snapshot(int32_t partition) const;

  // See Projector::WhenAt.
  void WhenAt(int32_t partition, int64_t offset, absl::Time deadline, ReadyCallback ready);

 private:
  struct Place {
    SnapshotPtr newest;
    absl::Status halted;
  };
  // Who waits, by what for; the number keeps equals apart, in the order of their coming.
  struct WaitKey {
    int32_t partition;
    int64_t offset;
    uint64_t number;
    auto operator<=>(const WaitKey&) const = default;
  };
  struct Waiter {
    absl::Time deadline;
    ReadyCallback ready;
  };
  using Waiters = std::map<WaitKey, Waiter>;

  // Moves the callbacks of [first, last) to `out` and forgets them. Under the mutex.
  void Take(Waiters::iterator first, Waiters::iterator last, std::vector<ReadyCallback>* out);
  absl::Status Behind(const WaitKey& key) const;
  void EndOverdueWaits();

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<int32_t, Place> places_;
  Waiters waiters_;
  std::map<std::pair<absl::Time, uint64_t>, WaitKey> deadlines_;
  uint64_t next_number_ = 0;
  bool shut_down_ = false;

  std::condition_variable earlier_deadline_;
  std::thread timer_;
};

}  // namespace carnet::projection
