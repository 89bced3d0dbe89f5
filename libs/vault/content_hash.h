// The keyed hash by which two tries of one change are told from two changes under one id.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "vault/key.h"
#include "vault/key_ring.h"

namespace carnet::vault {

// BLAKE2b-128 of `canonical_bytes` under the merchant's hash key: 16 bytes. Keyed, as the hash of a
// body with few unknowns would give them away.
std::string ContentHash(const MerchantKeys& keys, std::string_view canonical_bytes);

// The same; makes the merchant's keys at first use. Errors: KeyRing::ForWriting's. From any thread.
absl::StatusOr<std::string> ContentHash(KeyRing* keys, std::string_view merchant,
                                        std::string_view canonical_bytes);

}  // namespace carnet::vault
