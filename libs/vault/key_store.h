// Where keys live, wrapped by the root key.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/uuid.h"
#include "vault/erased_records.h"
#include "vault/key.h"

namespace carnet::vault {

// A record key that is not durable yet, or was not when it was listed.
struct NewKey {
  std::string merchant;
  Uuid record_id;
  RecordKey key;
};
using NewKeys = std::vector<NewKey>;

// Durable storage of keys; it caches nothing (KeyRing does). No key is ever stored bare. All
// functions may be called from any thread.
//
// Errors: FAILED_PRECONDITION(KEY_MISSING): a key that must be there is not, or does not open under
// this root key; the merchant's writes must stop until an operator has restored it. UNAVAILABLE:
// try again (stores over a network). A local write or fsync that fails ends the process with
// Fatal().
class KeyStore {
 public:
  virtual ~KeyStore() = default;

  // The merchant's keys; nothing where none were made yet. Errors: KEY_MISSING, UNAVAILABLE.
  virtual absl::StatusOr<std::optional<MerchantKeys>> FindMerchantKeys(
      std::string_view merchant) = 0;

  // The same; makes them, durably, at first use. A merchant that has record keys but no keys of its
  // own has lost them: KEY_MISSING, as new ones would make strangers of all its customers. Errors:
  // KEY_MISSING, UNAVAILABLE.
  virtual absl::StatusOr<MerchantKeys> MerchantKeysOrNew(std::string_view merchant) = 0;

  // The key of that id; nothing where there is none (never was, or erased). Errors: KEY_MISSING,
  // UNAVAILABLE.
  virtual absl::StatusOr<std::optional<Key>> FindRecordKey(std::string_view merchant,
                                                           const Uuid& key_id) = 0;

  // Adds the keys whose ids lie between two (these included), as far as this store reads many
  // faster than one by one: what is not told of may be there. For no more than some thousand.
  // Errors: KEY_MISSING, UNAVAILABLE.
  virtual absl::Status FindRecordKeysBetween(std::string_view /*merchant*/, const Uuid& /*first*/,
                                             const Uuid& /*last*/, KeyBatch* /*keys*/) {
    return absl::OkStatus();
  }

  // The key stored last for a source record; nothing where it has none. Errors: KEY_MISSING,
  // UNAVAILABLE.
  virtual absl::StatusOr<std::optional<RecordKey>> NewestRecordKey(std::string_view merchant,
                                                                   const Uuid& record_id) = 0;

  // Makes keys durable, all together; returns when they are. Storing a key again changes nothing.
  virtual absl::Status Persist(const NewKeys& keys) = 0;

  // Erasure: deletes all keys of some source records so that no file of the store holds them any
  // more, and remembers for ever that they were erased, and at what time (micros; the first one
  // counts); then returns. A key that is stored for one of them later goes as well. May be done
  // again. Slow (it rewrites files). Another process that shares the store forgets them when it has
  // read so far.
  virtual absl::Status Erase(std::string_view merchant, std::span<const Uuid> record_ids,
                             int64_t at_micros) = 0;

  // When a source record was erased; nothing: it was not. From memory: about 40 bytes each.
  std::optional<int64_t> ErasedAt(std::string_view merchant, const Uuid& record_id) const {
    return erased_.At(merchant, record_id);
  }

  // Grows with each record that this process learns was erased: whoever keeps keys in memory drops
  // them then.
  uint64_t erased_count() const { return erased_.count(); }

 protected:
  ErasedRecords erased_;
};

// A store that outlives its process: its keys can be taken to another one.
class DurableKeyStore : public KeyStore {
 public:
  using VisitMerchant =
      std::function<absl::Status(std::string_view merchant, const MerchantKeys& keys)>;
  using VisitRecord = std::function<absl::Status(const NewKey& key)>;

  // Every merchant's keys, then every record key, those of one source record in the order in which
  // they were stored. Ends with the first error of a visitor. Others: KEY_MISSING where one does
  // not open, UNAVAILABLE.
  virtual absl::Status ForEach(const VisitMerchant& merchant, const VisitRecord& record) = 0;

  // Makes a merchant's keys durable that another store made; again changes nothing. Errors:
  // FAILED_PRECONDITION(KEYS_DIFFER): the merchant has others here already; KEY_MISSING,
  // UNAVAILABLE.
  virtual absl::Status PersistMerchantKeys(std::string_view merchant, const MerchantKeys& keys) = 0;
};

}  // namespace carnet::vault
