// Makes prepared changes durable: keys first, then the log, in groups.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "event_log/event_log.h"
#include "gateway/preparer.h"
#include "vault/key_ring.h"

namespace carnet::gateway {

// The changes of one call, and whoever waits for them.
class Commit {
 public:
  virtual ~Commit() = default;

  // Called once, from the committer's own thread for answers, when every change has its offset.
  // Should not block.
  virtual void Committed(std::unique_ptr<Commit> self) = 0;

  struct Change {
    PreparedChange prepared;
    // Refused before it came here: `offset` says why, and nothing is appended.
    bool refused = false;
    // Afterwards: where it stands in its partition; or why not, with a message for the caller:
    // UNAVAILABLE(OUTCOME_UNKNOWN): it may be in the log or not; UNAVAILABLE(LOG_BUSY, DISK_FULL),
    // FAILED_PRECONDITION(LOG_SEALED), INVALID_ARGUMENT(RECORD_TOO_LARGE) and the vault's errors:
    // it is not.
    absl::StatusOr<int64_t> offset;
  };
  std::vector<Change> changes;  // at least one
  vault::NewKeys new_keys;

 private:
  friend class Committer;
  size_t bytes_ = 0;
};

// A commit that has nothing to wait for is appended by whoever submits it. Others are by a thread
// that collects them while it writes keys, or while the log has all the bytes it may. One more
// thread answers.
//
// Order: changes of one partition are appended in the order of Submit(). What waits here is not
// bounded: whoever submits bounds it. What waits in the log is, by `max_log_bytes`.
class Committer {
 public:
  // Both must outlive the committer. The log's own bound on what it queues must be larger than
  // `max_log_bytes`.
  Committer(event_log::EventLog* log, vault::KeyRing* keys, size_t max_log_bytes = size_t{6} << 20);
  // Finishes and answers all that was submitted.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // From any thread.
  void Submit(std::unique_ptr<Commit> commit);

 private:
  struct Group;

  void RunAppends();
  void RunAnswers();
  // What fits into the log now; waits until there is something. Empty: the end.
  std::vector<std::unique_ptr<Commit>> Collect();
  bool Fits(size_t bytes) const;  // in the log now; mutex_ is held
  void PersistKeys(Group* group);
  // Into what goes to each partition, but for changes whose keys were not persisted.
  static void Divide(const absl::Status& persisted, Group* group);
  void Append(std::unique_ptr<Group> group);
  void Appended(Group* group, size_t part, absl::StatusOr<event_log::Offsets> offsets);
  void Answerable(std::unique_ptr<Group> group);

  event_log::EventLog* const log_;
  vault::KeyRing* const keys_;
  const size_t max_log_bytes_;

  std::mutex mutex_;
  std::condition_variable to_append_;
  std::condition_variable to_answer_;
  // Guarded by mutex_.
  std::deque<std::unique_ptr<Commit>> submitted_;
  std::deque<std::unique_ptr<Group>> appended_;
  size_t log_bytes_ = 0;  // of groups that the log has not answered
  size_t groups_in_log_ = 0;
  bool appending_ = false;     // a group was collected and is not in the log yet
  bool stopping_ = false;      // nothing more is submitted
  bool appends_done_ = false;  // nothing more is appended

  // Last, so that all the rest is there when they start.
  std::thread append_thread_;
  std::thread answer_thread_;
};

}  // namespace carnet::gateway
