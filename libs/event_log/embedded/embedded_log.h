// The log of a single machine: a RocksDB of its own, synced before anything is acknowledged.
//
// After kill -9 or power loss every acknowledged record is there once, and each partition is a
// prefix of what was appended to it. Failures while it is open (an fsync, a background error) end
// the process with Fatal().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "event_log/event_log.h"

namespace rocksdb {
class Env;
}

namespace carnet::event_log {

// The defaults stay below 64 MiB of memory, whatever the load.
struct EmbeddedLogOptions {
  // Appends taken in and not answered yet; more are answered UNAVAILABLE(LOG_BUSY). One append is
  // always taken, however large.
  size_t max_queued_bytes = size_t{12} << 20;
  // Newest records kept in memory for readers that keep up, all partitions together.
  size_t tail_bytes = size_t{6} << 20;
  // Rows in memory before they go to a file. Up to three times as much write-ahead log is read at
  // the next start.
  size_t write_buffer_bytes = size_t{8} << 20;
  // Below this, opening is refused: recovery writes what the write-ahead log holds.
  uint64_t min_free_bytes_to_open = uint64_t{64} << 20;
  // Below this, appends are answered UNAVAILABLE(DISK_FULL), until there is space again. More than
  // min_free_bytes_to_open, so that a full log can be opened to be read.
  uint64_t reserved_free_bytes = uint64_t{128} << 20;
  // The file system below; null: the machine's.
  std::shared_ptr<rocksdb::Env> env;
};

// Makes the log in `path` if it is not there: a manifest at offset 0 of each partition, all of them
// or none. If it is there, checks that it has as many partitions. Creates the folder, not those
// above it. Errors: INVALID_ARGUMENT(PARTITION_COUNT): out of range;
// FAILED_PRECONDITION(PARTITION_COUNT): it is there with another count; and those of
// OpenEmbeddedLog() but LOG_MISSING.
absl::StatusOr<Identity> InitEmbeddedLog(const std::string& path, int32_t partition_count,
                                         const EmbeddedLogOptions& options = {});

// Opens a log. Errors, each with a message that says what to do:
//   NOT_FOUND(LOG_MISSING)            nothing there, or InitEmbeddedLog() was killed half-way
//   FAILED_PRECONDITION(NOT_A_LOG)    something else is there
//   FAILED_PRECONDITION(LOG_LOCKED)   another process has it open, or this one has
//   FAILED_PRECONDITION(LOG_NOT_WRITABLE)   no right to write there, or a read-only file system
//   UNAVAILABLE(DISK_FULL)            below min_free_bytes_to_open
//   DATA_LOSS(LOG_DAMAGED)            what is there can't be read
absl::StatusOr<std::unique_ptr<EventLog>> OpenEmbeddedLog(const std::string& path,
                                                          const EmbeddedLogOptions& options = {});

}  // namespace carnet::event_log
