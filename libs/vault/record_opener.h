// Sealed values of one source record after the other, opened from bytes: what a read of very many
// customers goes through, where making messages would take longer than opening.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/uuid.h"
#include "vault/key_ring.h"

namespace carnet::vault {

// One thread. Errors: KeyRing's; DATA_LOSS(SEAL_BROKEN): see Opener.
class RecordOpener {
 public:
  // All must outlive it. `keys`: those that were read already, or null; the others are asked for.
  RecordOpener(KeyRing* ring, std::string_view merchant, const KeyBatch* keys = nullptr);

  // Whose values the next ones are. Before the first one.
  void SetRecord(const Uuid& record_id);

  // Before `keys` change.
  void ForgetKey() { key_id_.clear(); }

  // The serialised SealedContent in a box; nothing where its key is gone (erased). Valid until the
  // next call.
  absl::StatusOr<std::optional<std::string_view>> Open(std::string_view field_path,
                                                       std::string_view key_id,
                                                       std::string_view box);

  // Appends what was typed in a serialised Personal, plain or sealed; nothing where the key is
  // gone.
  absl::Status AppendTyped(std::string_view field_path, std::string_view personal,
                           std::string* text);

  // SEAL_BROKEN, about a field of the record.
  absl::Status Broken(std::string_view path) const;

 private:
  absl::Status LoadKey(std::string_view key_id);
  KeyRing* const ring_;
  const std::string_view merchant_;
  const KeyBatch* const keys_;
  Uuid record_id_;
  std::string place_;  // merchant and record, then the field at hand
  const size_t merchant_size_;
  size_t place_size_ = 0;
  std::string key_id_;        // of `key_`; empty: none yet
  const Key* key_ = nullptr;  // null: it is gone
  std::optional<Key> own_key_;
  std::string content_;
};

}  // namespace carnet::vault
