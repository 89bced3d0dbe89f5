// Whether the log still is the one that the views were folded from.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "carnet/log/v1/rows.pb.h"
#include "event_log/event_log.h"

namespace carnet::projection {

// FAILED_PRECONDITION(VIEWS_OF_ANOTHER_LOG) if `position` was folded from another log than this
// one.
absl::Status CheckSameLog(const event_log::EventLog& log,
                          const carnet::log::v1::PositionRow& position);

// What the last record folded says of how to go on.
struct Resume {
  bool sealed = false;  // it was the log's last
};

// Reads the manifest and the last record folded again and compares them with what they were.
// Errors:
//   FAILED_PRECONDITION(LOG_REPLACED)  another manifest, or another record where the last one was.
//   FAILED_PRECONDITION(LOG_CUT)       the log ends before the position, or no longer begins at
//   offset 0. UNAVAILABLE, DEADLINE_EXCEEDED     could not be told by `deadline`: try again.
absl::StatusOr<Resume> CheckResume(event_log::EventLog* log, int32_t partition,
                                   const carnet::log::v1::PositionRow& position,
                                   absl::Time deadline);

}  // namespace carnet::projection
