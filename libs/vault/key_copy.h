// From one key store to another, of another kind or on another machine; the same keys.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"

#include "vault/key_store.h"

namespace carnet::vault {

struct KeyCopyResult {
  uint64_t merchants = 0;
  uint64_t record_keys = 0;
};

// Copies all keys, reads each again from `to` and compares it. Safe to repeat: what is there
// already stays. `progress` is called now and then with the number of keys copied. Errors:
// FAILED_PRECONDITION(KEYS_DIFFER): `to` belongs to another log; DATA_LOSS(COPY_DIFFERS): what was
// read back is not what was written; and those of both stores.
absl::StatusOr<KeyCopyResult> CopyKeys(DurableKeyStore* from, DurableKeyStore* to,
                                       const std::function<void(uint64_t keys)>& progress);

}  // namespace carnet::vault
