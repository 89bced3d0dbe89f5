// Keys that are always the same, so that what was sealed once is opened by every later release.
// They are public: nothing but this golden log may ever be sealed with them.
#pragma once

#include <optional>
#include <string_view>

#include "vault/key_store.h"

namespace carnet::golden {

// Each key follows from the merchant's name and the record's id; nothing is stored.
class FixedKeys final : public vault::KeyStore {
 public:
  absl::StatusOr<std::optional<vault::MerchantKeys>> FindMerchantKeys(
      std::string_view merchant) override;
  absl::StatusOr<vault::MerchantKeys> MerchantKeysOrNew(std::string_view merchant) override;
  absl::StatusOr<std::optional<vault::Key>> FindRecordKey(std::string_view merchant,
                                                          const Uuid& key_id) override;
  absl::StatusOr<std::optional<vault::RecordKey>> NewestRecordKey(std::string_view merchant,
                                                                  const Uuid& record_id) override;
  absl::Status Persist(const vault::NewKeys& keys) override;
  absl::Status Erase(std::string_view merchant, std::span<const Uuid> record_ids,
                     int64_t at_micros) override;
};

}  // namespace carnet::golden
