// What a till has to say, in a file that survives its end at any moment: lines of
// carnet.log.v1.TillQueueLine (the proto says what they mean), each durable before anything is said
// of it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "carnet/log/v1/till_queue.pb.h"

namespace carnet::cli {

enum class TillState {
  kWaiting,  // not sent, or not known to have arrived
  kCounted,  // it counts; perhaps with a remark
  kRefused,  // it does not count, and sent again it would not either
};

struct TillEntry {
  v1::Change change;
  TillState state = TillState::kWaiting;
  v1::PublishResult result;  // the last answer; empty: none yet
  // Another change stood under its id: refused here (ID_REUSED), and never sent.
  bool is_conflict = false;
};

// What an answer makes of a change. One that says nothing for good (the log is away, a key has no
// right to it) leaves it waiting.
TillState StateAfter(const v1::PublishResult& result);

// Programs may use one file at the same time: each function locks it while it works.
//
// Errors: UNAVAILABLE(QUEUE_UNUSABLE) for a file that can't be opened, read or written;
// DATA_LOSS(QUEUE_DAMAGED) for a line that makes no sense, but for a torn last one.

// Durable when it returns; all of the line or nothing. Makes the file where it is missing.
absl::Status AppendToTillQueue(const std::string& path, const log::v1::TillQueueLine& line);

// All changes that were not dropped or replaced, in the order in which they were added. A file that
// is missing holds none.
absl::StatusOr<std::vector<TillEntry>> LoadTillQueue(const std::string& path);

// Forgets what counted, if that is more than `keep` changes.
absl::Status ShortenTillQueue(const std::string& path, size_t keep);

}  // namespace carnet::cli
