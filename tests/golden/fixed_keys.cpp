#include "tests/golden/fixed_keys.h"

#include <string>

#include "base/sha256.h"

namespace carnet::golden {
namespace {

vault::Key KeyFor(std::string_view what, std::string_view merchant, std::string_view id = {}) {
  std::string seed = "golden ";
  seed.append(what).append(" ").append(merchant).append(" ").append(id);
  return vault::Key(Sha256(seed));
}

}  // namespace

absl::StatusOr<std::optional<vault::MerchantKeys>> FixedKeys::FindMerchantKeys(
    std::string_view merchant) {
  return vault::MerchantKeys{KeyFor("index", merchant), KeyFor("hash", merchant)};
}

absl::StatusOr<vault::MerchantKeys> FixedKeys::MerchantKeysOrNew(std::string_view merchant) {
  return vault::MerchantKeys{KeyFor("index", merchant), KeyFor("hash", merchant)};
}

absl::StatusOr<std::optional<vault::Key>> FixedKeys::FindRecordKey(std::string_view merchant,
                                                                   const Uuid& key_id) {
  return KeyFor("record", merchant, key_id.bytes());
}

absl::StatusOr<std::optional<vault::RecordKey>> FixedKeys::NewestRecordKey(
    std::string_view merchant, const Uuid& record_id) {
  const Uuid key_id = Uuid::FromFields({"golden key", merchant, record_id.bytes()});
  return vault::RecordKey{key_id, KeyFor("record", merchant, key_id.bytes())};
}

absl::Status FixedKeys::Persist(const vault::NewKeys&) { return absl::OkStatus(); }

absl::Status FixedKeys::Erase(std::string_view, std::span<const Uuid>, int64_t) {
  return absl::UnimplementedError("golden keys stay");
}

}  // namespace carnet::golden
