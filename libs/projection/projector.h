// Log → fold → views, for the partitions of one process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "event_log/event_log.h"
#include "view_store/view_store.h"

namespace carnet::projection {

// A record that a partition could not fold.
struct StoppedAt {
  int64_t offset = -1;
  std::string record_hash;  // 16 bytes, event_log::RecordHash()
  std::string merchant;
  std::string change_id;  // 16 bytes, or none
};

// How far one partition is, and what stopped it.
struct PartitionProgress {
  int32_t partition = 0;
  int64_t position = 0;  // the next offset to fold
  int64_t end = 0;       // the log's end as last seen
  uint32_t generation = 1;
  std::string stopped_because;          // "REASON: what and what to do"; empty: folding goes on
  std::optional<StoppedAt> stopped_at;  // where it was one record: it can be quarantined
  std::string log_trouble;  // the log can't be read at the moment, tried again; empty: it can
  uint64_t applied = 0;     // since the process started
  uint64_t duplicates = 0;
  uint64_t rejected = 0;
  uint64_t dead_letters = 0;
};

// Folds partitions into views, a thread each. It has no other effect: folding twice is always safe.
//
// A stop (rules too new, a failed invariant, a log that was cut or replaced) halts that partition
// alone, with its reason in progress(); reads go on from where it stands. Nothing is skipped. Where
// one record is in the way, the log's quarantine is looked at every second: once that record is in
// it, the partition goes on by itself.
//
// All functions may be called from any thread between Start() and Stop(); progress(), snapshot()
// and WhenAt() before and after them too.
class Projector {
 public:
  virtual ~Projector() = default;

  // Starts the threads. Error: FAILED_PRECONDITION(VIEWS_OF_ANOTHER_LOG).
  virtual absl::Status Start() = 0;
  // Finishes the batch at hand, flushes nothing, joins. Waiters get UNAVAILABLE(SHUTTING_DOWN).
  virtual void Stop() = 0;

  virtual std::vector<int32_t> partitions() const = 0;

  // Error: UNAVAILABLE(PARTITION_NOT_SERVED).
  virtual absl::StatusOr<std::shared_ptr<const view_store::Snapshot>> snapshot(
      int32_t partition) const = 0;

  // Calls `ready` once with a snapshot at or after `offset`: at once if there is one (in this
  // call), else from the partition's thread; or, when the deadline has passed, with
  // UNAVAILABLE(BEHIND) and metadata "position" and "wanted"; UNAVAILABLE(PARTITION_STOPPED) with
  // the reason if the partition stopped before it. `ready` must be quick.
  using ReadyCallback =
      std::function<void(absl::StatusOr<std::shared_ptr<const view_store::Snapshot>>)>;
  virtual void WhenAt(int32_t partition, int64_t offset, absl::Time deadline,
                      ReadyCallback ready) = 0;

  // Calls `advanced` after every batch of that partition, and when it stops, from its thread, until
  // the handle is dropped (which waits for a call under way: do not drop it within `advanced`, nor
  // under a lock that `advanced` takes). It must be quick: wake somebody. nullptr for a partition
  // that is not served.
  virtual std::shared_ptr<void> OnAdvance(int32_t partition, std::function<void()> advanced) = 0;

  virtual std::vector<PartitionProgress> progress() const = 0;

  // Lets a partition that stopped try again. `done` is called once, in this call or from the
  // partition's thread: OK when it folds, or is at the log's end; else why it stopped again, as
  // FAILED_PRECONDITION; UNAVAILABLE(PARTITION_NOT_SERVED, SHUTTING_DOWN). OK at once where it has
  // not stopped.
  virtual void Resume(int32_t partition, std::function<void(absl::Status)> done) = 0;

  // See view_store::ViewStore; of a partition that is served.
  virtual bool Scrub(int32_t partition, uint64_t mark) = 0;
  virtual uint64_t scrubbed(int32_t partition) const = 0;
};

struct ProjectorOptions {
  std::string views_folder;         // <views_folder>/<partition>/gen-<n>, CURRENT beside it
  std::vector<int32_t> partitions;  // those to serve; empty: all
  size_t max_batch_records = 1000;
  absl::Duration max_batch_delay =
      absl::Milliseconds(5);  // a batch ends when the log has no more at the moment, too
  view_store::ViewStoreOptions
      store;  // `shared` (nullptr: made here) for all partitions; the log's bound is divided
};

// Opens or creates the views. `log` must outlive the projector. Errors: those of
// view_store::OpenViewStore, and FAILED_PRECONDITION(NO_SUCH_PARTITION).
absl::StatusOr<std::unique_ptr<Projector>> MakeProjector(event_log::EventLog* log,
                                                         const ProjectorOptions& options);

}  // namespace carnet::projection
