// Finding a change in the log that the views tell of: they hold no offsets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "carnet/log/v1/log.pb.h"
#include "event_log/event_log.h"

namespace carnet::projector_service {

// The last record of `merchant` in `partition` with this change id and content hash. It is looked
// for where records of about that time stand, then (the order of times is not certain) everywhere.
// Errors: NOT_FOUND(CHANGE_UNKNOWN); DEADLINE_EXCEEDED(SEARCH_TOO_LONG); the log's.
absl::StatusOr<log::v1::Change> FindInLog(event_log::EventLog* log, int32_t partition,
                                          std::string_view merchant, const std::string& change_id,
                                          const std::string& content_hash,
                                          int64_t recorded_at_micros, absl::Time deadline);

}  // namespace carnet::projector_service
