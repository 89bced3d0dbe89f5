// How much a disk still takes.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace carnet::event_log {

// Bytes that this process may still write below `folder`. Error: UNAVAILABLE when the system does
// not say.
absl::StatusOr<uint64_t> FreeBytes(const std::string& folder);

// UNAVAILABLE(DISK_FULL) when less than `needed` is free; `doing_what` completes "there is not
// enough space to …".
absl::Status CheckFreeBytes(const std::string& folder, uint64_t needed,
                            const std::string& doing_what);

}  // namespace carnet::event_log
