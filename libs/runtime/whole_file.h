// Small files that others read while they are written.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace carnet::runtime {

// Puts a file with this content at `path`: a reader sees all of it or what was there before. Not
// synced to disk. Error: UNAVAILABLE(FILE_NOT_WRITTEN).
absl::Status WriteWholeFile(const std::string& path, std::string_view content);

}  // namespace carnet::runtime
