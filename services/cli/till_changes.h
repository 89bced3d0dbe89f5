// What is said at a till, as changes.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "base/uuid.h"
#include "carnet/v1/change.pb.h"
#include "cli/arguments.h"

namespace carnet::cli {

// UUIDv7: ids of a till stand in the order in which they were made, to a millisecond.
Uuid NewChangeId(absl::Time now);

// Of `carnet till sell` and `contact`. Errors: INVALID_ARGUMENT with how it is written.
absl::StatusOr<v1::Change> ChangeOf(const Till& command);

// Sets id, merchant and time where the change has none: it must be the same change however often
// it is sent.
void Complete(const std::string& merchant, absl::Time now, v1::Change* change);

}  // namespace carnet::cli
