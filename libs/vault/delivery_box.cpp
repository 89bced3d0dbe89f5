#include "vault/delivery_box.h"

#include <zstd.h>

#include <array>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "base/fatal.h"
#include "vault/box.h"
#include "vault/delivery_words.h"
#include "vault/sodium.h"

namespace carnet::vault {
namespace {

// Without entropy coding: with words an order of 1,500 bytes becomes 440 in half of the time in
// which level 1 makes 410 of it (730 without words).
constexpr int kLevel = -3;
// Of a thread's memory for packing, what stays between deliveries.
constexpr size_t kKeptBytes = 64 << 10;
// More than any door takes, and headers.
constexpr unsigned long long kMaxContentBytes = 16ULL << 20;

// The key of all keys so far, and one more.
void Mix(std::string_view bytes, Key* key) {
  std::array<char, Key::kSize> mixed;
  crypto_generichash(reinterpret_cast<unsigned char*>(mixed.data()), mixed.size(),
                     UnsignedBytes(bytes), bytes.size(), key->data(), Key::kSize);
  *key = Key(std::string_view(mixed.data(), mixed.size()));
  sodium_memzero(mixed.data(), mixed.size());
}

Key FirstKey() {
  static_assert(Key::kSize == 32);
  return Key(std::string_view("carnet kept delivery, version 01"));
}

// Without words for the deliveries that were kept before there were any.
std::string Purpose(std::string_view merchant, const Uuid& change_id, uint32_t words) {
  if (words == 0) return AssociatedData({"kept-delivery", merchant, change_id.bytes()});
  return AssociatedData(
      {"kept-delivery with words", merchant, change_id.bytes(), std::to_string(words)});
}

template <auto kFree>
struct Freed {
  void operator()(auto* zstd) const { kFree(zstd); }
};

// Made once: all threads pack with it.
const ZSTD_CDict* NewestWords() {
  static const std::unique_ptr<ZSTD_CDict, Freed<ZSTD_freeCDict>> dictionary = [] {
    const std::string_view words = *DeliveryWords(kNewestDeliveryWords);
    return std::unique_ptr<ZSTD_CDict, Freed<ZSTD_freeCDict>>(
        ZSTD_createCDict(words.data(), words.size(), kLevel));
  }();
  return dictionary.get();
}

// Made once a thread: no memory is asked for and no state built up per delivery.
struct Packer {
  const std::unique_ptr<ZSTD_CCtx, Freed<ZSTD_freeCCtx>> context{ZSTD_createCCtx()};
  std::string plain;
  std::string packed;
  NonceSequence nonces;  // many deliveries are sealed under one key

  // Valid until the next call.
  std::string_view Pack(const log::v1::DeliveryContent& content) {
    const ZSTD_CDict* const words = NewestWords();
    if (context == nullptr || words == nullptr)
      Fatal("there is no memory to compress a delivery in");
    content.SerializeToString(&plain);
    const size_t most = ZSTD_compressBound(plain.size());
    if (packed.size() < most) packed.resize(most);
    const size_t size = ZSTD_compress_usingCDict(context.get(), packed.data(), packed.size(),
                                                 plain.data(), plain.size(), words);
    CARNET_ASSERT(!ZSTD_isError(size));  // there is room for whatever it comes to
    return std::string_view(packed).substr(0, size);
  }
  // Large ones are rare: their memory does not stay.
  void Trim() {
    if (packed.size() <= kKeptBytes) return;
    std::string().swap(plain);
    std::string().swap(packed);
  }
};

bool Decompress(std::string_view packed, std::string_view words, std::string* plain) {
  const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size > kMaxContentBytes) return false;  // among these are its two errors
  plain->resize(size);
  const std::unique_ptr<ZSTD_DCtx, Freed<ZSTD_freeDCtx>> context{ZSTD_createDCtx()};
  if (context == nullptr) Fatal("there is no memory to decompress a delivery in");
  return ZSTD_decompress_usingDict(context.get(), plain->data(), plain->size(), packed.data(),
                                   packed.size(), words.data(), words.size()) == size;
}

absl::Status Broken(const Uuid& change_id) {
  return Error(absl::StatusCode::kDataLoss, "SEAL_BROKEN",
               "the delivery of change " + change_id.ToString() +
                   " does not open: damaged, or of another merchant or change");
}

}  // namespace

absl::Status SealDelivery(KeyRing* ring, std::string_view merchant, const Uuid& change_id,
                          std::span<const Uuid> sealed_for, const log::v1::DeliveryContent& content,
                          log::v1::KeptDelivery* kept, NewKeys* new_keys) {
  CARNET_ASSERT(!sealed_for.empty());
  Key key = FirstKey();
  for (const Uuid& record : sealed_for) {
    const absl::StatusOr<RecordKey> next = ring->SealingKey(merchant, record, new_keys);
    if (!next.ok()) return next.status();
    kept->add_key_ids(std::string(next->id.bytes()));
    Mix(next->key.bytes(), &key);
  }
  static thread_local Packer packer;
  const std::string_view packed = packer.Pack(content);
  kept->set_words(kNewestDeliveryWords);
  SealBox(key, packer.nonces.Next(), Purpose(merchant, change_id, kept->words()), packed,
          kept->mutable_box());
  packer.Trim();
  return absl::OkStatus();
}

absl::StatusOr<bool> OpenDelivery(KeyRing* ring, std::string_view merchant, const Uuid& change_id,
                                  const log::v1::KeptDelivery& kept,
                                  log::v1::DeliveryContent* content) {
  Key key = FirstKey();
  for (const std::string& bytes : kept.key_ids()) {
    const auto key_id = Uuid::FromBytes(bytes);
    if (!key_id) return Broken(change_id);
    const auto next = ring->OpeningKey(merchant, *key_id);
    if (!next.ok()) return next.status();
    if (!next->has_value()) return false;
    Mix((*next)->bytes(), &key);
  }
  const auto words = DeliveryWords(kept.words());
  if (!words) {
    return Error(absl::StatusCode::kFailedPrecondition, "WORDS_TOO_NEW",
                 absl::StrCat("the delivery of change ", change_id.ToString(),
                              " was kept by a newer version (words ", kept.words(),
                              "): upgrade to read it"));
  }
  std::string packed;
  std::string plain;
  if (!OpenBox(key, Purpose(merchant, change_id, kept.words()), kept.box(), &packed) ||
      !Decompress(packed, *words, &plain) || !content->ParseFromString(plain)) {
    return Broken(change_id);
  }
  return true;
}

}  // namespace carnet::vault
