// From one log to another: another kind, another partition count, another id; the same changes.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "event_log/event_log.h"

namespace carnet::event_log {

// Makes LogSealed the last record of every partition that does not end with it yet. Nobody else may
// be writing any more; whoever does is found: FAILED_PRECONDITION(LOG_STILL_WRITTEN): stop them and
// seal again; what they wrote stands before the new seal then, and is copied. Others: the log's
// own.
absl::Status SealLog(EventLog* log, const Uuid& successor_log_id);

// Whether CopyLog() could begin or go on, before anything is sealed: SAME_LOG, LOG_NOT_EMPTY.
absl::Status CheckCopyTarget(EventLog* from, EventLog* to);

struct CopyResult {
  uint64_t records = 0;      // without manifests and seals
  uint64_t resumed = 0;      // of them, those that an earlier attempt had copied
  uint64_t left_out = 0;     // see CopyLog()
  uint64_t quarantined = 0;  // decisions about records, which go along
};

// Copies a sealed log into one that holds its manifests only, or what an earlier attempt left
// there; then reads all of that and compares it with what was meant. Records of one merchant keep
// their order; each goes to the partition that its key has in the new log. A record that stood in a
// wrong partition, and so did not count, is put into a wrong one again; in a log of one partition
// there is none: it is left out.
//
// Memory is bounded. `progress` is called now and then with the number of records copied or, after
// those, compared. After UNAVAILABLE or a crash the same again goes on where it was.
//   FAILED_PRECONDITION(SAME_LOG)         there is nothing to copy
//   FAILED_PRECONDITION(LOG_NOT_SEALED)   a partition of `from` does not end with its seal
//   FAILED_PRECONDITION(LOG_NOT_EMPTY)    `to` holds more than its manifests, and the seal of
//   `from`
//                                         does not name it; or it holds more than `from`
//   FAILED_PRECONDITION(LOG_STILL_WRITTEN)   somebody wrote to `from` meanwhile
//   DATA_LOSS(COPY_DIFFERS)               what was read back is not what was meant: throw it away
//   and the errors of both logs
absl::StatusOr<CopyResult> CopyLog(EventLog* from, EventLog* to,
                                   const std::function<void(uint64_t records)>& progress);

}  // namespace carnet::event_log
