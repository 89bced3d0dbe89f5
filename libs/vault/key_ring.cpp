#include "vault/key_ring.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

#include "vault/lru_cache.h"

namespace carnet::vault {
namespace {

// What is cached by record id or by key id, of one merchant.
struct CacheKey {
  uint32_t merchant = 0;
  Uuid id;

  bool operator==(const CacheKey&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, const CacheKey& key) {
    return H::combine(std::move(h), key.merchant, key.id);
  }
};

// The key in use for sealing a record.
struct CurrentKey {
  RecordKey key;
  bool durable = false;
};

// A key id begins as the record's id does: whoever reads customers in the order of their ids finds
// the keys in that order too.
constexpr size_t kShared = Uuid::kSize / 2;

Uuid KeyId(const Uuid& record_id, std::string_view rest) {
  std::string id(record_id.bytes().substr(0, kShared));
  id.append(rest.substr(0, Uuid::kSize - kShared));
  return *Uuid::FromBytes(id);
}

Uuid NewKeyId(const Uuid& record_id) { return KeyId(record_id, Uuid::Random().bytes()); }

bool IsListed(const NewKeys& keys, const Uuid& key_id) {
  return std::any_of(keys.rbegin(), keys.rend(),
                     [&](const NewKey& listed) { return listed.key.id == key_id; });
}

}  // namespace

struct KeyRing::Impl {
  // One per merchant, never dropped: a few hundred bytes each.
  struct Merchant {
    uint32_t number = 0;
    // Set once, under `mutex`; read without it afterwards.
    std::atomic<const MerchantKeys*> keys{nullptr};
    std::mutex mutex;
    std::unique_ptr<const MerchantKeys> owned;
  };

  Impl(KeyStore* key_store, size_t max_cached)
      : store(key_store), by_record(max_cached), by_key_id(max_cached) {}

  Merchant& MerchantOf(std::string_view name) {
    {
      const std::shared_lock lock(mutex);
      const auto found = merchants.find(absl::string_view(name.data(), name.size()));
      if (found != merchants.end()) return *found->second;
    }
    const std::unique_lock lock(mutex);
    std::unique_ptr<Merchant>& merchant = merchants[std::string(name)];
    if (merchant == nullptr) {
      merchant = std::make_unique<Merchant>();
      merchant->number = static_cast<uint32_t>(merchants.size());
    }
    return *merchant;
  }

  // Null: not known to anybody yet, so not worth an entry (whoever asks about names that do not
  // exist must not fill memory).
  Merchant* KnownMerchant(std::string_view name) {
    const std::shared_lock lock(mutex);
    const auto found = merchants.find(absl::string_view(name.data(), name.size()));
    return found == merchants.end() ? nullptr : found->second.get();
  }

  // Which key ids were a record's is not kept here; erasures are rare, so all keys are read again.
  void ForgetErased() {
    const uint64_t count = store->erased_count();
    if (erased_count.load(std::memory_order_acquire) == count) return;
    const auto all = [](const auto&, const auto&) { return true; };
    by_record.EraseIf(all);
    by_key_id.EraseIf(all);
    erased_count.store(count, std::memory_order_release);
  }

  KeyStore* const store;
  std::atomic<uint64_t> erased_count{0};  // those whose keys are not cached any more
  std::shared_mutex mutex;
  absl::flat_hash_map<std::string, std::unique_ptr<Merchant>> merchants;  // guarded by mutex
  LruCache<CacheKey, CurrentKey> by_record;
  LruCache<CacheKey, Key> by_key_id;
};

KeyRing::KeyRing(KeyStore* store, size_t max_cached_record_keys)
    : impl_(std::make_unique<Impl>(store, max_cached_record_keys)) {}

KeyRing::~KeyRing() = default;

absl::StatusOr<const MerchantKeys*> KeyRing::ForWriting(std::string_view merchant) {
  Impl::Merchant& entry = impl_->MerchantOf(merchant);
  if (const MerchantKeys* keys = entry.keys.load(std::memory_order_acquire)) return keys;
  const std::lock_guard lock(entry.mutex);
  if (entry.owned == nullptr) {
    absl::StatusOr<MerchantKeys> keys = impl_->store->MerchantKeysOrNew(merchant);
    if (!keys.ok()) return keys.status();
    entry.owned = std::make_unique<const MerchantKeys>(*std::move(keys));
    entry.keys.store(entry.owned.get(), std::memory_order_release);
  }
  return entry.owned.get();
}

absl::StatusOr<const MerchantKeys*> KeyRing::ForReading(std::string_view merchant) {
  if (Impl::Merchant* known = impl_->KnownMerchant(merchant)) {
    if (const MerchantKeys* keys = known->keys.load(std::memory_order_acquire)) return keys;
  }
  const absl::StatusOr<std::optional<MerchantKeys>> keys = impl_->store->FindMerchantKeys(merchant);
  if (!keys.ok()) return keys.status();
  if (!keys->has_value()) return nullptr;
  return ForWriting(merchant);
}

absl::StatusOr<RecordKey> KeyRing::SealingKey(std::string_view merchant, const Uuid& record_id,
                                              NewKeys* new_keys) {
  impl_->ForgetErased();
  const CacheKey at{impl_->MerchantOf(merchant).number, record_id};
  std::optional<CurrentKey> current = impl_->by_record.Get(at);
  if (!current) {
    absl::StatusOr<std::optional<RecordKey>> stored =
        impl_->store->NewestRecordKey(merchant, record_id);
    if (!stored.ok()) return stored.status();
    const bool durable = stored->has_value();
    // Of several threads that come here at once, all take the key of the first.
    current = impl_->by_record.GetOrPut(
        at,
        CurrentKey{durable ? **stored : RecordKey{NewKeyId(record_id), Key::Random()}, durable});
  }
  if (!current->durable && !IsListed(*new_keys, current->key.id)) {
    new_keys->push_back({std::string(merchant), record_id, current->key});
  }
  return std::move(current->key);
}

absl::StatusOr<std::optional<Key>> KeyRing::OpeningKey(std::string_view merchant,
                                                       const Uuid& key_id) {
  impl_->ForgetErased();
  const CacheKey at{impl_->MerchantOf(merchant).number, key_id};
  if (std::optional<Key> cached = impl_->by_key_id.Get(at)) return cached;
  const uint64_t erased_count = impl_->store->erased_count();
  absl::StatusOr<std::optional<Key>> key = impl_->store->FindRecordKey(merchant, key_id);
  if (!key.ok() || !key->has_value()) return key;
  impl_->by_key_id.Put(at, **key);
  // It may have been erased since it was read.
  if (impl_->store->erased_count() != erased_count) impl_->by_key_id.Erase(at);
  return key;
}

absl::Status KeyRing::KeysOfRecords(std::string_view merchant, const Uuid& first, const Uuid& last,
                                    KeyBatch* keys) {
  static const std::string kLowest(Uuid::kSize, '\0');
  static const std::string kHighest(Uuid::kSize, '\xff');
  return impl_->store->FindRecordKeysBetween(merchant, KeyId(first, kLowest), KeyId(last, kHighest),
                                             keys);
}

absl::Status KeyRing::Persist(const NewKeys& new_keys) {
  const auto cache_key = [&](const NewKey& key) {
    return CacheKey{impl_->MerchantOf(key.merchant).number, key.record_id};
  };
  NewKeys missing;
  absl::flat_hash_set<Uuid> seen;  // many changes of a batch list the same key
  for (const NewKey& key : new_keys) {
    const std::optional<CurrentKey> current = impl_->by_record.Get(cache_key(key));
    const bool durable = current && current->durable && current->key.id == key.key.id;
    if (!durable && seen.insert(key.key.id).second) missing.push_back(key);
  }
  if (missing.empty()) return absl::OkStatus();
  if (absl::Status status = impl_->store->Persist(missing); !status.ok()) return status;
  for (const NewKey& key : missing) {
    impl_->by_record.Update(cache_key(key), [&](CurrentKey& current) {
      if (current.key.id == key.key.id) current.durable = true;
    });
  }
  return absl::OkStatus();
}

absl::Status KeyRing::Erase(std::string_view merchant, std::span<const Uuid> record_ids,
                            int64_t at_micros) {
  absl::Status status = impl_->store->Erase(merchant, record_ids, at_micros);
  impl_->ForgetErased();
  return status;
}

bool KeyRing::AnyErased() const { return impl_->store->erased_count() != 0; }

std::optional<int64_t> KeyRing::ErasedAt(std::string_view merchant, const Uuid& record_id) const {
  return impl_->store->ErasedAt(merchant, record_id);
}

}  // namespace carnet::vault
