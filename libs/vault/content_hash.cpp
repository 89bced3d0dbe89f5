#include "vault/content_hash.h"

#include "vault/sodium.h"

namespace carnet::vault {

std::string ContentHash(const MerchantKeys& keys, std::string_view canonical_bytes) {
  std::string hash(16, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     UnsignedBytes(canonical_bytes), canonical_bytes.size(), keys.hash.data(),
                     Key::kSize);
  return hash;
}

absl::StatusOr<std::string> ContentHash(KeyRing* keys, std::string_view merchant,
                                        std::string_view canonical_bytes) {
  const absl::StatusOr<const MerchantKeys*> merchant_keys = keys->ForWriting(merchant);
  if (!merchant_keys.ok()) return merchant_keys.status();
  return ContentHash(**merchant_keys, canonical_bytes);
}

}  // namespace carnet::vault
