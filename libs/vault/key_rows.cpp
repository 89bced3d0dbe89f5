#include "vault/key_rows.h"

#include "base/error.h"
#include "base/fatal.h"
#include "vault/box.h"

namespace carnet::vault {
namespace {

constexpr std::string_view kCheckText = "carnet key store 1";
constexpr size_t kLongestMerchant = 63;

std::string CheckPurpose() { return AssociatedData({"check"}); }
std::string MerchantPurpose(std::string_view merchant) {
  return AssociatedData({"merchant-keys", merchant});
}
std::string RecordPurpose(std::string_view merchant, const Uuid& key_id, const Uuid& record_id) {
  return AssociatedData({"record-key", merchant, key_id.bytes(), record_id.bytes()});
}

}  // namespace

std::string RowKey(char row, std::string_view merchant, std::string_view id) {
  CARNET_ASSERT(merchant.size() <= kLongestMerchant);
  std::string key;
  key.reserve(2 + merchant.size() + id.size());
  key.push_back(row);
  key.push_back(static_cast<char>(merchant.size()));
  key.append(merchant);
  key.append(id);
  return key;
}

bool ParseRowKey(std::string_view key, std::string_view* merchant, std::string_view* rest) {
  if (key.size() < 2) return false;
  const auto size = static_cast<size_t>(static_cast<unsigned char>(key[1]));
  if (size > kLongestMerchant || key.size() < 2 + size) return false;
  *merchant = key.substr(2, size);
  *rest = key.substr(2 + size);
  return true;
}

std::string SealCheck(const Key& root) { return SealBox(root, CheckPurpose(), kCheckText); }

bool OpensCheck(const Key& root, std::string_view value) {
  std::string text;
  return OpenBox(root, CheckPurpose(), value, &text) && text == kCheckText;
}

std::string SealMerchantKeys(const Key& root, std::string_view merchant, const MerchantKeys& keys) {
  return SealBox(root, MerchantPurpose(merchant),
                 std::string(keys.index.bytes()).append(keys.hash.bytes()));
}

absl::StatusOr<MerchantKeys> OpenMerchantKeys(const Key& root, std::string_view merchant,
                                              std::string_view value) {
  std::string keys;
  if (!OpenBox(root, MerchantPurpose(merchant), value, &keys) || keys.size() != 2 * Key::kSize) {
    return KeyMissing(merchant, "the root key does not open the keys");
  }
  const std::string_view view(keys);
  return MerchantKeys{Key(view.substr(0, Key::kSize)), Key(view.substr(Key::kSize))};
}

std::string SealRecordKey(const Key& root, std::string_view nonce, const NewKey& key) {
  std::string box;
  SealBox(root, nonce, RecordPurpose(key.merchant, key.key.id, key.record_id), key.key.key.bytes(),
          &box);
  return std::string(key.record_id.bytes()) + box;
}

std::optional<Uuid> RecordOf(std::string_view value) {
  return Uuid::FromBytes(value.substr(0, Uuid::kSize));
}

absl::StatusOr<Key> OpenRecordKey(const Key& root, std::string_view merchant, const Uuid& key_id,
                                  std::string_view value) {
  const std::optional<Uuid> record_id = RecordOf(value);
  std::string key;
  if (!record_id ||
      !OpenBox(root, RecordPurpose(merchant, key_id, *record_id), value.substr(Uuid::kSize),
               &key) ||
      key.size() != Key::kSize) {
    return KeyMissing(merchant, "the root key does not open a record key");
  }
  return Key(key);
}

absl::Status KeyMissing(std::string_view merchant, std::string_view what) {
  return Error(absl::StatusCode::kFailedPrecondition, "KEY_MISSING",
               std::string(what) + " of merchant " + std::string(merchant) +
                   "; restore the key store from its backup before anything is written");
}

absl::Status KeysDiffer(std::string_view merchant) {
  return Error(absl::StatusCode::kFailedPrecondition, "KEYS_DIFFER",
               "merchant " + std::string(merchant) +
                   " has other keys there: that store belongs to another log; name an empty one");
}

absl::Status RootKeyMismatch(std::string_view store) {
  return Error(absl::StatusCode::kFailedPrecondition, "ROOT_KEY_MISMATCH",
               "the key store " + std::string(store) +
                   " was made with another root key; start with that one");
}

}  // namespace carnet::vault
