// The log of changes: the only truth. Everything else can be made again from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "base/uuid.h"

namespace carnet::log::v1 {
class QuarantineEntry;
}

namespace carnet::event_log {

// The largest record, key and value together. Larger ones are refused before anything is written
// (RECORD_TOO_LARGE).
inline constexpr size_t kMaxRecordBytes = size_t{4} << 20;

// The largest sum of the records of one append; likewise refused.
inline constexpr size_t kMaxAppendBytes = size_t{8} << 20;

// Which log this is. Made once, stands at offset 0 of every partition, never changes.
struct Identity {
  Uuid log_id;
  int32_t partition_count = 0;

  bool operator==(const Identity&) const = default;
};

// What is appended. `key` is the merchant, or empty for a record of the partition itself.
// A LogSealed record closes its partition: it is the last one there.
struct Record {
  std::string key;
  std::string value;
};

// What is read. The views are valid until the cursor is asked for the next batch.
struct StoredRecord {
  int64_t offset = 0;
  std::string_view key;
  std::string_view value;
};

// Where the records of one append stand. They are contiguous where nobody else writes to the
// partition; on Kafka other gateways' records, and gaps, may stand between them.
class Offsets {
 public:
  // Contiguous from `first` on.
  Offsets(int64_t first = 0) : first_(first) {}  // NOLINT: an offset is the simplest of them
  explicit Offsets(std::vector<int64_t> each) : first_(each.front()), each_(std::move(each)) {}

  // Of record `i` of the append.
  int64_t of(size_t i) const { return each_.empty() ? first_ + static_cast<int64_t>(i) : each_[i]; }
  // Of the first: for whoever appended one.
  operator int64_t() const { return first_; }  // NOLINT

 private:
  int64_t first_;
  std::vector<int64_t> each_;
};

// Told what became of an append: the offsets of its records, or why not. Called exactly once,
// from a thread of the log's own, never by Append() itself (the simulated log, which has no thread,
// says when it calls): it must be quick and must not wait for the log. Appends still under way when
// the log is destroyed are finished, or given up, and answered before its destructor returns.
//
//   OK                   durable and readable, for ever.
//   UNAVAILABLE,
//   DEADLINE_EXCEEDED    unknown: it may be there once, now or later, or not at all. Sending it
//                        again is safe as the fold drops what it has seen. Two cases are known to
//                        have written nothing: LOG_BUSY (too many bytes wait for their answer; wait
//                        for some) and DISK_FULL.
//   FAILED_PRECONDITION  nothing was written: the partition is sealed (LOG_SEALED), or whoever runs
//                        the log does not let this process write (LOG_READ_ONLY).
//   INVALID_ARGUMENT     nothing was written: RECORD_TOO_LARGE, NO_SUCH_PARTITION.
using AppendCallback = std::function<void(absl::StatusOr<Offsets> offsets)>;

// Reads one partition in offset order. Used by one thread at a time; independent of every other
// cursor. Must be destroyed before its log.
class Cursor {
 public:
  virtual ~Cursor() = default;

  // Waits until there is a record at or after the position, or until `deadline`; then gives up to
  // `max_records` records (about `max_bytes` at most, one record at least) in increasing offset
  // order. Gaps are normal on Kafka. An empty result means that the deadline passed, or that Wake()
  // was called. Errors: OUT_OF_RANGE(LOG_CUT): the position lies beyond the log's end or before its
  // first record; UNAVAILABLE: try again; DATA_LOSS(LOG_DAMAGED): what stands there can't be read.
  // After an error the position is what it was.
  virtual absl::StatusOr<std::vector<StoredRecord>> Next(size_t max_records, size_t max_bytes,
                                                         absl::Time deadline) = 0;

  // Makes a Next() that waits return at once, now or the next time one would wait. From any thread.
  virtual void Wake() = 0;

  // The offset after the last record returned: where to go on.
  virtual int64_t position() const = 0;

  // The partition's end as Next() last heard of it, without asking for it; 0: it has not yet.
  virtual int64_t end() const = 0;
};

// One log with a fixed number of partitions. All functions may be called from any thread.
//
// Order: records of one partition are read in one order, the same for everyone, for ever. Two
// appends of which the second was started after the first one's callback said OK stand in that
// order; appends of one thread to one partition that are answered OK stand in the order of the
// calls. A record is readable only once it is durable.
//
// Failures of the environment (a write or an fsync that does not succeed on the embedded log) end
// the process with Fatal(): after them nobody can know what the disk holds. A full disk is the
// exception where it can be told before anything was written: UNAVAILABLE(DISK_FULL).
class EventLog {
 public:
  virtual ~EventLog() = default;

  virtual const Identity& identity() const = 0;

  // "embedded", "kafka" or "simulated".
  virtual std::string_view kind() const = 0;

  // Appends records to one partition, all or a prefix of them after a crash. `records` must not be
  // empty. Never waits: memory is bounded by refusing (LOG_BUSY), so whoever appends in bulk keeps
  // a window of unanswered bytes.
  virtual void Append(int32_t partition, std::vector<Record> records, AppendCallback done) = 0;

  // A cursor that begins at `offset`, which may be the end. Errors: OUT_OF_RANGE(LOG_CUT),
  // UNAVAILABLE, INVALID_ARGUMENT(NO_SUCH_PARTITION).
  virtual absl::StatusOr<std::unique_ptr<Cursor>> Read(int32_t partition, int64_t offset) = 0;

  // The offset of the first record (0 unless the log was cut from the front), and the one after the
  // last durable record. Errors: UNAVAILABLE, INVALID_ARGUMENT(NO_SUCH_PARTITION).
  virtual absl::StatusOr<int64_t> FirstOffset(int32_t partition) = 0;
  virtual absl::StatusOr<int64_t> EndOffset(int32_t partition) = 0;

  // Decisions that records do not count (quarantine.h makes them). They are kept with the log, but
  // do not stand in it: a sealed log takes them too.
  //
  // Returns when the entry is durable; the same record again changes nothing. Errors: UNAVAILABLE,
  // FAILED_PRECONDITION(LOG_READ_ONLY), INVALID_ARGUMENT(NO_SUCH_PARTITION, NOT_OF_THIS_LOG).
  virtual absl::Status AddToQuarantine(const log::v1::QuarantineEntry& entry) = 0;
  // All of a partition, by offset: those at least that were durable when this was called. Errors:
  // UNAVAILABLE, INVALID_ARGUMENT(NO_SUCH_PARTITION).
  virtual absl::StatusOr<std::vector<log::v1::QuarantineEntry>> Quarantined(int32_t partition) = 0;
};

}  // namespace carnet::event_log
