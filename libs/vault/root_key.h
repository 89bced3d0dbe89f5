// The key that wraps all others.
#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "vault/key.h"

namespace carnet::vault {

// Reads the root key from `path`: exactly 32 bytes, readable by nobody but its owner (mode 0600 or
// less). Errors, all FAILED_PRECONDITION: ROOT_KEY_MISSING (no such file), ROOT_KEY_MODE (others
// may read or write it), ROOT_KEY_LENGTH, ROOT_KEY_UNREADABLE.
absl::StatusOr<Key> LoadRootKey(const std::string& path);

// The same; where there is no file, makes one of random bytes that is durable before this returns.
// Of two processes that do so at once both get the same key. The folder must exist. Keep a copy
// apart from the data: without it nothing sealed can be read again. A file that cannot be made is
// ROOT_KEY_UNREADABLE.
absl::StatusOr<Key> LoadOrMakeRootKey(const std::string& path);

}  // namespace carnet::vault
