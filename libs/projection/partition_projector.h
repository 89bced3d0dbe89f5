// One partition: its views, and the thread that folds the log into them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "event_log/event_log.h"
#include "projection/batch_fold.h"
#include "projection/generations.h"
#include "projection/listeners.h"
#include "projection/projector.h"
#include "projection/snapshot_board.h"

namespace carnet::projection {

class PartitionProjector {
 public:
  // `log` and `board` must outlive it. Puts the snapshot of the views as they are on the board.
  PartitionProjector(event_log::EventLog* log, int32_t partition, const ProjectorOptions& options,
                     ServingGeneration serving, SnapshotBoard* board);
  ~PartitionProjector();

  // FAILED_PRECONDITION(VIEWS_OF_ANOTHER_LOG).
  absl::Status CheckSameLog() const;
  void Start();
  // Asks the thread to end after its batch; Join() waits for it.
  void RequestStop();
  void Join();

  std::shared_ptr<void> OnAdvance(std::function<void()> advanced) {
    return listeners_.Add(std::move(advanced));
  }
  // See Projector::Resume.
  void Resume(std::function<void(absl::Status)> done);
  PartitionProgress progress() const;
  int32_t partition() const { return partition_; }
  view_store::ViewStore* store() const { return serving_.store.get(); }

 private:
  // The thread: until it is asked to stop. A partition that something halted waits in it.
  void Run();
  // Checks that the log is still the same, reads its quarantine, then reads and folds until the
  // next check is due.
  absl::Status CheckAndFollow();
  // Reads and folds until the next check is due. Any status but OK ends this attempt to follow the
  // log.
  absl::Status Follow(absl::Time until);
  absl::Status FoldAll(std::span<const event_log::StoredRecord> records);
  // After a write, by the thread that wrote: tells everybody.
  void Advanced(const FoldedBatch& batch);
  void NoteEnd(int64_t end);
  void NoteStop(const event_log::StoredRecord& stored);
  void NoteTrouble(const absl::Status& status);
  void Halt(const absl::Status& why);
  // Until somebody asks to go on, or the record in the way is quarantined. False: told to stop.
  bool WaitUntilResumed();
  bool IsQuarantined(const StoppedAt& record);
  // Answers whoever asked to go on.
  void AnswerResumed(const absl::Status& status);
  bool IsAskedToResume() const;
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }
  // Sleeps, unless asked to stop.
  void WaitAwhile(absl::Duration duration);

  // Constant after construction.
  event_log::EventLog* const log_;
  const int32_t partition_;
  const ProjectorOptions options_;
  SnapshotBoard* const board_;
  const ServingGeneration serving_;

  Listeners listeners_;

  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::condition_variable stop_requested_;
  // Guarded by mutex_.
  std::unique_ptr<event_log::Cursor>
      cursor_;  // replaced and used by the thread alone, woken by RequestStop()
  PartitionProgress progress_;
  bool resume_asked_ = false;
  std::vector<std::function<void(absl::Status)>> resuming_;

  // The thread's own.
  std::optional<StoppedAt> stopped_at_;  // what FoldAll() could not fold
  BatchFold fold_;                       // after all that its writer thread uses

  std::thread thread_;
};

}  // namespace carnet::projection
