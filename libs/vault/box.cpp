#include "vault/box.h"

#include "base/bytes.h"
#include "base/fatal.h"
#include "vault/sodium.h"

namespace carnet::vault {

static_assert(NonceSequence::kSize == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(kBoxOverhead == NonceSequence::kSize + crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(Key::kSize == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

std::string AssociatedData(std::initializer_list<std::string_view> fields) {
  std::string data;
  data.reserve(96);
  for (const std::string_view field : fields) AppendField(field, &data);
  return data;
}

void AppendField(std::string_view field, std::string* associated_data) {
  AppendBigEndian32(static_cast<uint32_t>(field.size()), associated_data);
  associated_data->append(field);
}

NonceSequence::NonceSequence() { randombytes_buf(nonce_.data(), nonce_.size()); }

std::string_view NonceSequence::Next() {
  sodium_increment(nonce_.data(), nonce_.size());
  return {reinterpret_cast<const char*>(nonce_.data()), nonce_.size()};
}

void SealBox(const Key& key, std::string_view nonce, std::string_view associated_data,
             std::string_view plain, std::string* box) {
  CARNET_ASSERT(nonce.size() == NonceSequence::kSize);
  box->resize(plain.size() + kBoxOverhead);
  nonce.copy(box->data(), nonce.size());
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      reinterpret_cast<unsigned char*>(box->data()) + nonce.size(), nullptr, UnsignedBytes(plain),
      plain.size(), UnsignedBytes(associated_data), associated_data.size(), nullptr,
      UnsignedBytes(nonce), key.data());
}

std::string SealBox(const Key& key, std::string_view associated_data, std::string_view plain) {
  std::string box;
  NonceSequence nonces;
  SealBox(key, nonces.Next(), associated_data, plain, &box);
  return box;
}

void SealBoxByContent(const Key& key, std::string_view associated_data, std::string_view plain,
                      std::string* box) {
  // BLAKE2b under the same key as the cipher, but with a personalisation that nothing else has: the
  // two have no structure in common.
  static constexpr unsigned char kPersonal[crypto_generichash_blake2b_PERSONALBYTES] = {
      'c', 'a', 'r', 'n', 'e', 't', ' ', 'b', 'o', 'x', ' ', 'n', 'o', 'n', 'c', 'e'};
  std::array<unsigned char, NonceSequence::kSize> nonce;
  crypto_generichash_blake2b_state state;
  crypto_generichash_blake2b_init_salt_personal(&state, key.data(), Key::kSize, nonce.size(),
                                                nullptr, kPersonal);
  std::string size;  // where the one ends and the other begins
  AppendBigEndian32(static_cast<uint32_t>(associated_data.size()), &size);
  crypto_generichash_blake2b_update(&state, UnsignedBytes(size), size.size());
  crypto_generichash_blake2b_update(&state, UnsignedBytes(associated_data), associated_data.size());
  crypto_generichash_blake2b_update(&state, UnsignedBytes(plain), plain.size());
  crypto_generichash_blake2b_final(&state, nonce.data(), nonce.size());
  SealBox(key, std::string_view(reinterpret_cast<const char*>(nonce.data()), nonce.size()),
          associated_data, plain, box);
}

bool OpenBox(const Key& key, std::string_view associated_data, std::string_view box,
             std::string* plain) {
  if (box.size() < kBoxOverhead) return false;
  plain->resize(box.size() - kBoxOverhead);
  return crypto_aead_xchacha20poly1305_ietf_decrypt(
             reinterpret_cast<unsigned char*>(plain->data()), nullptr, nullptr,
             UnsignedBytes(box) + NonceSequence::kSize, box.size() - NonceSequence::kSize,
             UnsignedBytes(associated_data), associated_data.size(), UnsignedBytes(box),
             key.data()) == 0;
}

}  // namespace carnet::vault
