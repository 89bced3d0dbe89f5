// Rows of key stores, a persistent format, whatever holds them. `m` is the merchant after its
// length in one byte; boxes are box.h's, under the root key; their associated data is a purpose and
// what the row's key says, so that no box can be moved to another row.
//
//   key             value
//   'c'             box("carnet key store 1"), purpose "check": tells whether the root key is the
//                   right one
//   'm' m           box(index key, hash key), purpose "merchant-keys"
//   'k' m key id    record id (16), box(record key), purpose "record-key"
//   'r' m record id key ids (16 each), the newest last (where rows can be looked up by key only)
//   'x'             files may still hold what was deleted (in a store of files)
//   't'             nothing: a row that is appended so that a topic's segment is closed
//   'e' m record id when the record was erased, micros since 1970 (8 bytes, big-endian): for ever
//
// In a topic, 'c' and 'm' are claims: 16 random bytes follow, and the first in the topic counts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "vault/key.h"
#include "vault/key_store.h"

namespace carnet::vault {

inline constexpr char kCheckRow = 'c';
inline constexpr char kMerchantRow = 'm';
inline constexpr char kKeyRow = 'k';
inline constexpr char kRecordRow = 'r';
inline constexpr char kErasedRow = 'e';
inline constexpr char kTickRow = 't';

std::string RowKey(char row, std::string_view merchant, std::string_view id = {});
// The merchant of a row that has one; what follows it goes to `rest`. False: no such row.
bool ParseRowKey(std::string_view key, std::string_view* merchant, std::string_view* rest);

std::string SealCheck(const Key& root);
bool OpensCheck(const Key& root, std::string_view value);

std::string SealMerchantKeys(const Key& root, std::string_view merchant, const MerchantKeys& keys);
// KEY_MISSING.
absl::StatusOr<MerchantKeys> OpenMerchantKeys(const Key& root, std::string_view merchant,
                                              std::string_view value);

// The value of a 'k' row.
std::string SealRecordKey(const Key& root, std::string_view nonce, const NewKey& key);
std::optional<Uuid> RecordOf(std::string_view value);
// KEY_MISSING.
absl::StatusOr<Key> OpenRecordKey(const Key& root, std::string_view merchant, const Uuid& key_id,
                                  std::string_view value);

// FAILED_PRECONDITION(KEY_MISSING).
absl::Status KeyMissing(std::string_view merchant, std::string_view what);

// FAILED_PRECONDITION(KEYS_DIFFER).
absl::Status KeysDiffer(std::string_view merchant);

// FAILED_PRECONDITION(ROOT_KEY_MISMATCH).
absl::Status RootKeyMismatch(std::string_view store);

}  // namespace carnet::vault
