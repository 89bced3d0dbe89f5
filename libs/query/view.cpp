#include "query/view.h"

#include <string>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "base/uuid.h"
#include "query/reasons.h"

namespace carnet::query {

void SetPosition(const View& view, carnet::v1::Token* position) {
  position->set_log(view.log_id.data(), view.log_id.size());
  position->set_partition(view.partition);
  position->set_offset(view.snapshot->position());
}

absl::StatusOr<int64_t> WantedOffset(bool given, const carnet::v1::Token& min_position,
                                     std::string_view log_id, int32_t partition) {
  if (!given) return 0;
  if (min_position.log() != log_id) {
    if (!Uuid::Parse(min_position.log()) || min_position.offset() < 0) {
      return Error(absl::StatusCode::kInvalidArgument, reason::kTokenMalformed,
                   "min_position is no token: pass one back as it came", "min_position");
    }
    return Error(absl::StatusCode::kFailedPrecondition, reason::kTokenOfAnotherLog,
                 "min_position belongs to another log, which was replaced or copied since: read "
                 "without it, and take a new token from the answer",
                 "min_position");
  }
  if (min_position.offset() < 0) {
    return Error(absl::StatusCode::kInvalidArgument, reason::kTokenMalformed,
                 "min_position is no token: pass one back as it came", "min_position.offset");
  }
  if (min_position.partition() != partition) {
    return Error(absl::StatusCode::kInvalidArgument, reason::kTokenOfAnotherPartition,
                 std::string(absl::StrCat("min_position is of partition ", min_position.partition(),
                                          ", this merchant's changes stand in ", partition,
                                          ": pass a token of the same merchant")),
                 "min_position.partition");
  }
  return min_position.offset();
}

}  // namespace carnet::query
