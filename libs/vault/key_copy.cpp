#include "vault/key_copy.h"

#include <string>

#include "base/error.h"

namespace carnet::vault {
namespace {

// Keys made durable together.
constexpr size_t kBatch = 1000;

absl::Status Differs(std::string_view merchant) {
  return Error(absl::StatusCode::kDataLoss, "COPY_DIFFERS",
               "keys of merchant " + std::string(merchant) +
                   " read back otherwise than they were written. Throw the copy away");
}

absl::Status PersistAndCompare(const NewKeys& keys, KeyStore* to) {
  if (absl::Status status = to->Persist(keys); !status.ok()) return status;
  for (const NewKey& key : keys) {
    const auto found = to->FindRecordKey(key.merchant, key.key.id);
    if (!found.ok()) return found.status();
    if (!found->has_value() || !(**found == key.key.key)) return Differs(key.merchant);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<KeyCopyResult> CopyKeys(DurableKeyStore* from, DurableKeyStore* to,
                                       const std::function<void(uint64_t)>& progress) {
  KeyCopyResult result;
  NewKeys batch;
  const auto flush = [&] {
    const absl::Status status = PersistAndCompare(batch, to);
    batch.clear();
    progress(result.merchants + result.record_keys);
    return status;
  };
  absl::Status status = from->ForEach(
      [&](std::string_view merchant, const MerchantKeys& keys) -> absl::Status {
        if (absl::Status stored = to->PersistMerchantKeys(merchant, keys); !stored.ok()) {
          return stored;
        }
        const auto found = to->FindMerchantKeys(merchant);
        if (!found.ok()) return found.status();
        if (!found->has_value() || !((*found)->index == keys.index) ||
            !((*found)->hash == keys.hash)) {
          return Differs(merchant);
        }
        ++result.merchants;
        return absl::OkStatus();
      },
      [&](const NewKey& key) {
        batch.push_back(key);
        ++result.record_keys;
        return batch.size() < kBatch ? absl::OkStatus() : flush();
      });
  if (status.ok()) status = flush();
  if (!status.ok()) return status;
  return result;
}

}  // namespace carnet::vault
