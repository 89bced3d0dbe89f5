// Keys that go with the process: for looking at what a stream of changes would come to, where
// nothing that is sealed is kept.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "vault/key_store.h"

namespace carnet::vault {

class MemoryKeyStore final : public KeyStore {
 public:
  absl::StatusOr<std::optional<MerchantKeys>> FindMerchantKeys(std::string_view merchant) override;
  absl::StatusOr<MerchantKeys> MerchantKeysOrNew(std::string_view merchant) override;
  absl::StatusOr<std::optional<Key>> FindRecordKey(std::string_view merchant,
                                                   const Uuid& key_id) override;
  absl::StatusOr<std::optional<RecordKey>> NewestRecordKey(std::string_view merchant,
                                                           const Uuid& record_id) override;
  absl::Status Persist(const NewKeys& keys) override;
  absl::Status Erase(std::string_view merchant, std::span<const Uuid> record_ids,
                     int64_t at_micros) override;

 private:
  std::mutex mutex_;
  // Both guarded by mutex_.
  std::map<std::string, MerchantKeys, std::less<>> merchants_;
  std::map<std::pair<std::string, Uuid>, std::vector<RecordKey>> records_;
};

}  // namespace carnet::vault
