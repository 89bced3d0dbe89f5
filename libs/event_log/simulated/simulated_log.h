// A log in memory that does what logs do on bad days, the same again for the same seed. For tests.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <utility>
#include <vector>

#include "event_log/event_log.h"

namespace carnet::event_log {

// Chances in 1000 of what may befall an append or a read.
struct SimulatedFaults {
  // Stored, but answered UNAVAILABLE: sent again, it is there twice.
  int lost_answers = 0;
  // Answered UNAVAILABLE and stored only later, behind what came after it.
  int late_writes = 0;
  // Answered UNAVAILABLE and never stored.
  int lost_appends = 0;
  // A Next() that answers UNAVAILABLE.
  int read_errors = 0;
};

// What outlives a SimulatedLog, as a disk outlives a process. Belongs to one log at a time.
class SimulatedDisk {
 public:
  SimulatedDisk(int32_t partition_count, uint64_t seed);

 private:
  friend class SimulatedLog;
  friend class SimulatedCursor;

  struct Partition {
    // Shared with cursors, whose views outlive a truncation.
    std::deque<std::shared_ptr<const Record>> records;
    int64_t first_offset = 0;
    // Records before it are durable and readable; those at and after it are written.
    int64_t durable_end = 0;
    bool sealed = false;

    int64_t written_end() const { return first_offset + static_cast<int64_t>(records.size()); }
  };

  void WriteManifests();

  std::mt19937_64 random_;
  Identity identity_;
  std::vector<Partition> partitions_;
  std::map<std::string, std::string> quarantine_;  // rows of quarantine.h
  bool in_use_ = false;
};

class SimulatedLog final : public EventLog {
 public:
  struct Options {
    SimulatedFaults faults;
    // False: an append is written, synced and answered before Append() returns, by the thread that
    // called it, and Next() waits as on any log. True: nothing happens until Step(), and Next()
    // never waits: at the end it gives an empty batch.
    bool stepped = false;
  };

  // `disk` must be no other log's. Randomness comes from the disk's seed.
  SimulatedLog(std::shared_ptr<SimulatedDisk> disk, Options options);

  // Finishes and answers what is under way.
  ~SimulatedLog() override;

  const Identity& identity() const override { return identity_; }
  std::string_view kind() const override { return "simulated"; }
  void Append(int32_t partition, std::vector<Record> records, AppendCallback done) override;
  absl::StatusOr<std::unique_ptr<Cursor>> Read(int32_t partition, int64_t offset) override;
  absl::StatusOr<int64_t> FirstOffset(int32_t partition) override;
  absl::StatusOr<int64_t> EndOffset(int32_t partition) override;
  absl::Status AddToQuarantine(const log::v1::QuarantineEntry& entry) override;
  absl::StatusOr<std::vector<log::v1::QuarantineEntry>> Quarantined(int32_t partition) override;

  // Does one thing that is under way, chosen at random: writes an append, syncs a partition, or
  // gives an answer. So answers of different partitions come in any order. False: all is done.
  bool Step();
  void RunUntilIdle();

  // From true on, nothing becomes durable; false lets it go on.
  void HoldSyncs(bool hold);

  // The power fails: of what was not durable, each partition keeps a prefix of any length; what was
  // under way is answered UNAVAILABLE. Then the log goes on.
  void Crash();

  // Records at and after `end`, or before `first`, are gone.
  void TruncateTo(int32_t partition, int64_t end);
  void DropBefore(int32_t partition, int64_t first);

  // Somebody put an empty log with another id in its place. identity() is what it was: only who
  // reads the manifests again, or opens the disk again, sees it.
  void Replace();

 private:
  friend class SimulatedCursor;

  struct Pending {
    std::vector<Record> records;
    AppendCallback done;
    absl::StatusOr<int64_t> answer = int64_t{0};
    // The answer may be given when this is durable.
    int64_t durable_at = 0;
  };
  struct Queues {
    std::deque<Pending> appended;
    std::deque<Pending> late;
    std::deque<Pending> written;
  };

  using Answer = std::pair<AppendCallback, absl::StatusOr<int64_t>>;

  // With mutex_ held. Does one thing; what is to be called without the lock goes to `answer`.
  bool StepLocked(Answer* answer);
  void WriteNext(size_t partition);
  void WriteLate(size_t partition);
  void Store(size_t partition, std::vector<Record> records);
  bool Chance(int in_thousand);
  uint64_t Below(uint64_t bound);

  const std::shared_ptr<SimulatedDisk> disk_;
  const Options options_;
  const Identity identity_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_, as is all of the disk.
  std::vector<Queues> queues_;
  bool hold_syncs_ = false;
};

}  // namespace carnet::event_log
