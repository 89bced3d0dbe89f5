// Folders and small files of a store, with errors that tell an operator what to do.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"

namespace carnet::view_store {

// FAILED_PRECONDITION(FOLDER_NOT_WRITABLE) unless the folder exists, or can be made, and can be
// written to.
absl::Status MakeWritableFolder(const std::string& folder);

// Writes a small file so that it is there whole or not at all, also after a power failure
// (file.tmp, fsync, rename, fsync of the folder). Errors: UNAVAILABLE(DISK_FULL),
// FAILED_PRECONDITION(FOLDER_NOT_WRITABLE).
absl::Status WriteFileAtomically(const std::string& folder, const std::string& name,
                                 const std::string& content);

// Nothing if there is no such file.
std::optional<std::string> ReadFile(const std::string& file);

// The error for a file that could not be written, by its errno: one of those above.
absl::Status CannotWrite(const std::string& file, int error);

}  // namespace carnet::view_store
