// The records that a log itself has to understand: the manifest and the seal. And what every log
// checks before it takes an append.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "event_log/event_log.h"

namespace carnet::event_log {

// Partitions that a log may have.
inline constexpr int32_t kMaxPartitions = 1024;

// The record at offset 0 of `partition`. Its key is empty.
Record MakeManifest(const Identity& identity, int32_t partition, int64_t created_at_micros);

// The identity that a manifest states. `partition` is where it was found. Error:
// FAILED_PRECONDITION(NOT_A_LOG): not a manifest, or one of another partition.
absl::StatusOr<Identity> ReadManifest(std::string_view key, std::string_view value,
                                      int32_t partition);

// The last record of a partition; the successor may be nil when it is not known.
Record MakeSeal(const Uuid& successor_log_id);
bool IsSeal(std::string_view key, std::string_view value);
// Which log a seal names; nil when it names none, or is none.
Uuid SuccessorIn(std::string_view key, std::string_view value);

// INVALID_ARGUMENT(NO_SUCH_PARTITION).
absl::Status CheckPartition(const Identity& identity, int32_t partition);

// What refuses an append whatever the log: NO_SUCH_PARTITION, RECORD_TOO_LARGE, and records after a
// seal (LOG_SEALED). Asserts that there are records.
absl::Status CheckAppend(const Identity& identity, int32_t partition,
                         const std::vector<Record>& records);

// FAILED_PRECONDITION(LOG_SEALED).
absl::Status SealedError(int32_t partition);

// OUT_OF_RANGE(LOG_CUT) unless first <= offset <= end.
absl::Status CheckPosition(int32_t partition, int64_t offset, int64_t first, int64_t end);

// Bytes of key and value.
inline size_t SizeOf(const Record& record) { return record.key.size() + record.value.size(); }

}  // namespace carnet::event_log
