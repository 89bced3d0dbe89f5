#include "vault/memory_key_store.h"

namespace carnet::vault {

absl::StatusOr<std::optional<MerchantKeys>> MemoryKeyStore::FindMerchantKeys(
    std::string_view merchant) {
  const std::lock_guard lock(mutex_);
  const auto found = merchants_.find(merchant);
  if (found == merchants_.end()) return std::nullopt;
  return std::optional(found->second);
}

absl::StatusOr<MerchantKeys> MemoryKeyStore::MerchantKeysOrNew(std::string_view merchant) {
  const std::lock_guard lock(mutex_);
  auto found = merchants_.find(merchant);
  if (found == merchants_.end()) {
    found = merchants_
                .emplace(std::string(merchant),
                         MerchantKeys{.index = Key::Random(), .hash = Key::Random()})
                .first;
  }
  return found->second;
}

absl::StatusOr<std::optional<Key>> MemoryKeyStore::FindRecordKey(std::string_view merchant,
                                                                 const Uuid& key_id) {
  const std::lock_guard lock(mutex_);
  for (const auto& [of, keys] : records_) {
    if (of.first != merchant) continue;
    for (const RecordKey& key : keys) {
      if (key.id == key_id) return std::optional(key.key);
    }
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<RecordKey>> MemoryKeyStore::NewestRecordKey(std::string_view merchant,
                                                                         const Uuid& record_id) {
  const std::lock_guard lock(mutex_);
  const auto found = records_.find({std::string(merchant), record_id});
  if (found == records_.end()) return std::nullopt;
  return std::optional(found->second.back());
}

absl::Status MemoryKeyStore::Persist(const NewKeys& keys) {
  const std::lock_guard lock(mutex_);
  for (const NewKey& key : keys) {
    if (!ErasedAt(key.merchant, key.record_id))
      records_[{key.merchant, key.record_id}].push_back(key.key);
  }
  return absl::OkStatus();
}

absl::Status MemoryKeyStore::Erase(std::string_view merchant, std::span<const Uuid> record_ids,
                                   int64_t at_micros) {
  const std::lock_guard lock(mutex_);
  for (const Uuid& record : record_ids) {
    records_.erase({std::string(merchant), record});
    erased_.Add(merchant, record, at_micros);
  }
  return absl::OkStatus();
}

}  // namespace carnet::vault
