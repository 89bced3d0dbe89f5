// Keys in use: a bounded cache over the key store, and the rule that no value is stored under a key
// that could be lost.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/uuid.h"
#include "vault/key.h"
#include "vault/key_store.h"

namespace carnet::vault {

// All functions may be called from any thread.
//
// A record key is *pending* from when it is made until a Persist() that holds it has returned.
// Whoever seals under a pending key finds it in its own NewKeys and must persist these before what
// it sealed is appended; so several changes may list the same key, and storing it twice does no
// harm. A pending key that is never persisted (its change was refused after sealing) is used and
// listed again by the next change, or forgotten.
class KeyRing {
 public:
  static constexpr size_t kDefaultCachedRecordKeys = 200'000;

  // `store` must outlive the ring. About 250 bytes of memory per cached key at most.
  explicit KeyRing(KeyStore* store, size_t max_cached_record_keys = kDefaultCachedRecordKeys);
  ~KeyRing();
  KeyRing(const KeyRing&) = delete;
  KeyRing& operator=(const KeyRing&) = delete;

  // For writing: the merchant's keys, made durable at first use. The pointer is valid as long as
  // the ring. Errors: KeyStore::MerchantKeysOrNew's.
  absl::StatusOr<const MerchantKeys*> ForWriting(std::string_view merchant);

  // For reading: null where the merchant has no keys yet; makes none.
  absl::StatusOr<const MerchantKeys*> ForReading(std::string_view merchant);

  // The key to seal values of a source record under: the newest, or a random pending one. A pending
  // key is added to `new_keys`, unless it is there already. Errors: KeyStore::NewestRecordKey's.
  absl::StatusOr<RecordKey> SealingKey(std::string_view merchant, const Uuid& record_id,
                                       NewKeys* new_keys);

  // The key to open a value with; nothing where it was erased. Errors: KeyStore::FindRecordKey's.
  absl::StatusOr<std::optional<Key>> OpeningKey(std::string_view merchant, const Uuid& key_id);

  // Adds the keys of the source records whose ids lie between two (these included), as far as they
  // can be read together: for opening them one after the other. They are not cached, here or there.
  // Errors: KeyStore::FindRecordKeysBetween's.
  absl::Status KeysOfRecords(std::string_view merchant, const Uuid& first, const Uuid& last,
                             KeyBatch* keys);

  // Makes keys durable in one synced write (none where all are durable already); they are not
  // pending any more. The keys of many changes may be given together. On an error they stay
  // pending.
  absl::Status Persist(const NewKeys& new_keys);

  // Erasure: see KeyStore::Erase. What is cached is forgotten too; in other processes as soon as
  // their key store has read of it.
  absl::Status Erase(std::string_view merchant, std::span<const Uuid> record_ids,
                     int64_t at_micros);
  // Whether any record of anybody was ever erased.
  bool AnyErased() const;
  // When a record was erased; nothing: it was not.
  std::optional<int64_t> ErasedAt(std::string_view merchant, const Uuid& record_id) const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace carnet::vault
