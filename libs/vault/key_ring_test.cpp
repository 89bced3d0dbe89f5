#include "vault/key_ring.h"

#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

#include "base/error.h"
#include "vault/embedded_key_store.h"
#include "vault/test_support.h"

namespace carnet::vault {
namespace {

// A real store in front of which calls are counted and Persist can fail.
class WatchedStore final : public KeyStore {
 public:
  explicit WatchedStore(KeyStore* store) : store_(store) {}

  absl::StatusOr<std::optional<MerchantKeys>> FindMerchantKeys(std::string_view merchant) override {
    return store_->FindMerchantKeys(merchant);
  }
  absl::StatusOr<MerchantKeys> MerchantKeysOrNew(std::string_view merchant) override {
    ++merchant_reads;
    return store_->MerchantKeysOrNew(merchant);
  }
  absl::StatusOr<std::optional<Key>> FindRecordKey(std::string_view merchant,
                                                   const Uuid& key_id) override {
    ++key_reads;
    return store_->FindRecordKey(merchant, key_id);
  }
  absl::StatusOr<std::optional<RecordKey>> NewestRecordKey(std::string_view merchant,
                                                           const Uuid& record_id) override {
    return store_->NewestRecordKey(merchant, record_id);
  }
  absl::Status Persist(const NewKeys& keys) override {
    if (fail) return absl::UnavailableError("try again");
    ++writes;
    return store_->Persist(keys);
  }
  absl::Status Erase(std::string_view merchant, std::span<const Uuid> record_ids,
                     int64_t at_micros) override {
    for (const Uuid& record : record_ids) erased_.Add(merchant, record, at_micros);
    return store_->Erase(merchant, record_ids, at_micros);
  }

  std::atomic<int> merchant_reads = 0;
  std::atomic<int> key_reads = 0;
  std::atomic<int> writes = 0;
  std::atomic<bool> fail = false;

 private:
  KeyStore* const store_;
};

class KeyRingTest : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::unique_ptr<KeyStore> store_ =
      *OpenEmbeddedKeyStore(folder_ / "keys", Key::Random(), true);
  WatchedStore watched_{store_.get()};
  KeyRing ring_{&watched_};
};

TEST_F(KeyRingTest, MerchantKeysAreDurableBeforeTheyAreGiven) {
  const auto keys = ring_.ForWriting("m1");
  ASSERT_TRUE(keys.ok());
  const auto stored = store_->FindMerchantKeys("m1");
  ASSERT_TRUE(stored->has_value());
  EXPECT_TRUE((*stored)->index == (*keys)->index);
  EXPECT_EQ(*ring_.ForWriting("m1"), *keys);
  EXPECT_EQ(*ring_.ForReading("m1"), *keys);
  EXPECT_EQ(watched_.merchant_reads, 1);
  EXPECT_EQ(*ring_.ForReading("m2"), nullptr);
}

TEST_F(KeyRingTest, APendingKeyIsListedByEveryChangeThatUsesItUntilItIsDurable) {
  const Uuid record = Uuid::Random();
  NewKeys first;
  NewKeys second;
  const auto key = ring_.SealingKey("m1", record, &first);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(ring_.SealingKey("m1", record, &first)->id, key->id);
  EXPECT_EQ(ring_.SealingKey("m1", record, &second)->id, key->id);
  ASSERT_EQ(first.size(), 1u);  // once a change
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].key.id, key->id);
  EXPECT_FALSE((*store_->FindRecordKey("m1", key->id)).has_value());

  ASSERT_TRUE(ring_.Persist(second).ok());
  EXPECT_TRUE((*store_->FindRecordKey("m1", key->id)).has_value());
  NewKeys third;
  EXPECT_EQ(ring_.SealingKey("m1", record, &third)->id, key->id);
  EXPECT_TRUE(third.empty());

  // The first change persists what it listed all the same; it is there already.
  ASSERT_TRUE(ring_.Persist(first).ok());
  EXPECT_EQ(watched_.writes, 1);
}

TEST_F(KeyRingTest, AKeyThatCouldNotBeStoredStaysPending) {
  const Uuid record = Uuid::Random();
  NewKeys keys;
  ASSERT_TRUE(ring_.SealingKey("m1", record, &keys).ok());
  watched_.fail = true;
  EXPECT_FALSE(ring_.Persist(keys).ok());
  watched_.fail = false;
  NewKeys again;
  ASSERT_TRUE(ring_.SealingKey("m1", record, &again).ok());
  EXPECT_EQ(again.size(), 1u);
}

TEST_F(KeyRingTest, ManyChangesArePersistedInOneWrite) {
  NewKeys keys;
  const Uuid shared = Uuid::Random();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(ring_.SealingKey("m1", Uuid::Random(), &keys).ok());
    NewKeys own;
    ASSERT_TRUE(ring_.SealingKey("m1", shared, &own).ok());
    keys.insert(keys.end(), own.begin(), own.end());
  }
  ASSERT_EQ(keys.size(), 100u);
  ASSERT_TRUE(ring_.Persist(keys).ok());
  EXPECT_EQ(watched_.writes, 1);
}

// The rule that matters: whatever the interleaving, no thread that persisted what it listed holds a
// value under a key that the store does not have. Each thread looks into the store itself right
// after its own Persist.
TEST_F(KeyRingTest, ThreadsThatShareAPendingKeyAllFindItDurableAfterTheirOwnPersist) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 100;
  std::vector<Uuid> records(kRounds);
  for (Uuid& record : records) record = Uuid::Random();
  std::vector<std::set<Uuid>> used(kRounds);
  std::mutex mutex;
  std::atomic<int> lost = 0;
  std::atomic<int> ready[kRounds] = {};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        // All at once on a record that nobody has seen.
        ++ready[round];
        while (ready[round] < kThreads) std::this_thread::yield();
        NewKeys keys;
        const auto key = ring_.SealingKey("m1", records[round], &keys);
        if (!key.ok() || !ring_.Persist(keys).ok()) {
          ++lost;
          continue;
        }
        const auto stored = store_->FindRecordKey("m1", key->id);
        if (!stored.ok() || !stored->has_value() || !(**stored == key->key)) ++lost;
        const std::lock_guard lock(mutex);
        used[round].insert(key->id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lost, 0);
  for (const std::set<Uuid>& keys : used) EXPECT_EQ(keys.size(), 1u);
}

// With a cache that forgets nearly everything, pending keys too, a record may get several keys;
// none may be lost.
TEST_F(KeyRingTest, ForgettingAPendingKeyLosesNothing) {
  KeyRing small(&watched_, 16);
  std::vector<std::pair<Uuid, RecordKey>> used;
  NewKeys keys;
  std::vector<Uuid> records(100);
  for (Uuid& record : records) record = Uuid::Random();
  for (int round = 0; round < 2; ++round) {
    for (const Uuid& record : records) {
      used.emplace_back(record, *small.SealingKey("m1", record, &keys));
    }
  }
  ASSERT_TRUE(small.Persist(keys).ok());
  for (const auto& [record, key] : used) {
    const auto found = small.OpeningKey("m1", key.id);
    ASSERT_TRUE(found.ok() && found->has_value());
    EXPECT_TRUE(**found == key.key);
  }
}

TEST_F(KeyRingTest, OpeningKeysAreCached) {
  NewKeys keys;
  const RecordKey key = *ring_.SealingKey("m1", Uuid::Random(), &keys);
  ASSERT_TRUE(ring_.Persist(keys).ok());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(**ring_.OpeningKey("m1", key.id) == key.key);
  EXPECT_EQ(watched_.key_reads, 1);
  EXPECT_FALSE((*ring_.OpeningKey("m1", Uuid::Random())).has_value());
  EXPECT_FALSE((*ring_.OpeningKey("m2", key.id)).has_value());
}

TEST_F(KeyRingTest, DeletedKeysAreForgottenHereToo) {
  const Uuid record = Uuid::Random();
  NewKeys keys;
  const RecordKey key = *ring_.SealingKey("m1", record, &keys);
  ASSERT_TRUE(ring_.Persist(keys).ok());
  ASSERT_TRUE((*ring_.OpeningKey("m1", key.id)).has_value());
  ASSERT_TRUE(ring_.Erase("m1", {&record, 1}, 1).ok());
  EXPECT_FALSE((*ring_.OpeningKey("m1", key.id)).has_value());
  NewKeys later;
  EXPECT_NE(ring_.SealingKey("m1", record, &later)->id, key.id);
  EXPECT_EQ(later.size(), 1u);
}

}  // namespace
}  // namespace carnet::vault
