// The key store of a single machine: a small RocksDB of its own, apart from log and views.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "vault/key.h"
#include "vault/key_store.h"

namespace carnet::vault {

// Opens the key store in folder `path`; with `create`, makes it where there is none (the parent
// folder must exist). The first opening binds the store to its root key. Errors:
// FAILED_PRECONDITION(ROOT_KEY_MISMATCH): made with another root key;
// FAILED_PRECONDITION(KEY_STORE_MISSING): there is none and `create` is false (pass false where a
// log exists already: a new store next to an old log could not open a thing in it);
// UNAVAILABLE(KEY_STORE_UNREADABLE): locked by another process, damaged, no permission.
absl::StatusOr<std::unique_ptr<DurableKeyStore>> OpenEmbeddedKeyStore(const std::string& path,
                                                                      const Key& root, bool create);

}  // namespace carnet::vault
