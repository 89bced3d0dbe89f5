#include "vault/key_store.h"

#include <functional>
#include <memory>

#include "gtest/gtest.h"

#include "base/error.h"
#include "rocksdb/db.h"
#include "vault/embedded_key_store.h"
#include "vault/test_support.h"

namespace carnet::vault {
namespace {

class KeyStoreTest : public testing::Test {
 protected:
  std::unique_ptr<KeyStore> Open() const {
    auto store = OpenEmbeddedKeyStore(path_, root_, /*create=*/true);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_ / "keys";
  const Key root_ = Key::Random();
};

NewKey MakeKey(const std::string& merchant, const Uuid& record) {
  return {merchant, record, {Uuid::Random(), Key::Random()}};
}

TEST_F(KeyStoreTest, EverythingIsThereAfterReopening) {
  const Uuid record = Uuid::Random();
  const NewKey first = MakeKey("m1", record);
  const NewKey second = MakeKey("m1", record);
  auto store = Open();
  EXPECT_FALSE((*store->FindMerchantKeys("m1")).has_value());
  const auto made = store->MerchantKeysOrNew("m1");
  ASSERT_TRUE(made.ok());
  EXPECT_FALSE((*store->NewestRecordKey("m1", record)).has_value());
  ASSERT_TRUE(store->Persist({first}).ok());
  ASSERT_TRUE(store->Persist({second, MakeKey("m1", Uuid::Random())}).ok());
  store.reset();

  store = Open();
  const auto found = store->FindMerchantKeys("m1");
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_TRUE((*found)->index == made->index);
  EXPECT_TRUE((*found)->hash == made->hash);
  EXPECT_FALSE(made->index == made->hash);
  EXPECT_TRUE(store->MerchantKeysOrNew("m1")->index == made->index);
  EXPECT_TRUE(**store->FindRecordKey("m1", first.key.id) == first.key.key);
  EXPECT_TRUE(**store->FindRecordKey("m1", second.key.id) == second.key.key);
  EXPECT_EQ((*store->NewestRecordKey("m1", record))->id, second.key.id);
}

TEST_F(KeyStoreTest, MerchantsAreApart) {
  const auto store = Open();
  const NewKey key = MakeKey("shop", Uuid::Random());
  ASSERT_TRUE(store->Persist({key}).ok());
  for (const char* other : {"sho", "shop1", "shop.a"}) {
    EXPECT_FALSE((*store->FindRecordKey(other, key.key.id)).has_value()) << other;
    EXPECT_FALSE((*store->NewestRecordKey(other, key.record_id)).has_value()) << other;
    const auto keys = store->MerchantKeysOrNew(other);
    EXPECT_TRUE(keys.ok()) << keys.status();
  }
  const std::string longest(63, 'x');
  EXPECT_TRUE(store->MerchantKeysOrNew(longest).ok());
  EXPECT_TRUE((*store->FindMerchantKeys(longest)).has_value());
}

TEST_F(KeyStoreTest, StoringAKeyAgainChangesNothing) {
  const auto store = Open();
  const Uuid record = Uuid::Random();
  const NewKey first = MakeKey("m1", record);
  const NewKey second = MakeKey("m1", record);
  ASSERT_TRUE(store->Persist({first, second, first}).ok());
  ASSERT_TRUE(store->Persist({first}).ok());
  EXPECT_EQ((*store->NewestRecordKey("m1", record))->id, second.key.id);
}

TEST_F(KeyStoreTest, NoKeyStandsBareOnDisk) {
  const NewKey key = MakeKey("m1", Uuid::Random());
  auto store = Open();
  const auto merchant = store->MerchantKeysOrNew("m1");
  ASSERT_TRUE(store->Persist({key}).ok());
  const std::string open_bytes = BytesOfAllFiles(path_);
  store.reset();
  const std::string closed_bytes = BytesOfAllFiles(path_);
  for (const std::string& bytes : {open_bytes, closed_bytes}) {
    EXPECT_NE(bytes.find(key.key.id.bytes()), std::string::npos);  // so the search can find
    EXPECT_EQ(bytes.find(key.key.key.bytes()), std::string::npos);
    EXPECT_EQ(bytes.find(merchant->index.bytes()), std::string::npos);
    EXPECT_EQ(bytes.find(merchant->hash.bytes()), std::string::npos);
    EXPECT_EQ(bytes.find(root_.bytes()), std::string::npos);
  }
}

TEST_F(KeyStoreTest, AnotherRootKeyIsRefusedAtOpening) {
  Open().reset();
  const auto other = OpenEmbeddedKeyStore(path_, Key::Random(), true);
  EXPECT_EQ(ReasonOf(other.status()), "ROOT_KEY_MISMATCH") << other.status();
  EXPECT_TRUE(OpenEmbeddedKeyStore(path_, root_, false).ok());
}

TEST_F(KeyStoreTest, IsNotMadeWhereItMustBeThere) {
  EXPECT_EQ(ReasonOf(OpenEmbeddedKeyStore(path_, root_, false).status()), "KEY_STORE_MISSING");
  const auto store = Open();
  EXPECT_EQ(ReasonOf(OpenEmbeddedKeyStore(path_, root_, true).status()), "KEY_STORE_UNREADABLE");
}

// Changes rows behind the store's back.
void Damage(const std::string& path, const std::function<void(rocksdb::DB*)>& change) {
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(rocksdb::Options(), path, &opened).ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  change(db.get());
}

TEST_F(KeyStoreTest, LostMerchantKeysStopItsWritesAndNobodyElses) {
  auto store = Open();
  ASSERT_TRUE(store->MerchantKeysOrNew("m1").ok());
  ASSERT_TRUE(store->MerchantKeysOrNew("m2").ok());
  ASSERT_TRUE(store->MerchantKeysOrNew("m3").ok());
  ASSERT_TRUE(store->Persist({MakeKey("m1", Uuid::Random())}).ok());
  store.reset();
  Damage(path_, [](rocksdb::DB* db) {
    ASSERT_TRUE(db->Delete({}, "m\x02m1").ok());
    std::string row;
    ASSERT_TRUE(db->Get({}, "m\x02m3", &row).ok());
    ASSERT_TRUE(db->Put({}, "m\x02m2", row).ok());  // a box moved to another merchant's row
  });

  store = Open();
  EXPECT_EQ(ReasonOf(store->MerchantKeysOrNew("m1").status()), "KEY_MISSING");
  EXPECT_EQ(ReasonOf(store->MerchantKeysOrNew("m2").status()), "KEY_MISSING");
  EXPECT_EQ(ReasonOf(store->FindMerchantKeys("m2").status()), "KEY_MISSING");
  EXPECT_TRUE(store->MerchantKeysOrNew("m3").ok());
}

TEST_F(KeyStoreTest, DeletedKeysAreGoneFromEveryFile) {
  auto store = Open();
  const Uuid record = Uuid::Random();
  const NewKey first = MakeKey("m1", record);
  const NewKey second = MakeKey("m1", record);
  const NewKey other = MakeKey("m1", Uuid::Random());
  ASSERT_TRUE(store->Persist({first, second, other}).ok());
  ASSERT_NE(BytesOfAllFiles(path_).find(first.key.id.bytes()), std::string::npos);

  ASSERT_TRUE(store->Erase("m1", {&record, 1}, 1).ok());
  EXPECT_FALSE((*store->FindRecordKey("m1", first.key.id)).has_value());
  EXPECT_FALSE((*store->FindRecordKey("m1", second.key.id)).has_value());
  EXPECT_FALSE((*store->NewestRecordKey("m1", record)).has_value());
  EXPECT_TRUE((*store->FindRecordKey("m1", other.key.id)).has_value());
  store.reset();
  const std::string bytes = BytesOfAllFiles(path_);
  EXPECT_EQ(bytes.find(first.key.id.bytes()), std::string::npos);
  EXPECT_EQ(bytes.find(second.key.id.bytes()), std::string::npos);
  EXPECT_NE(bytes.find(other.key.id.bytes()), std::string::npos);
}

}  // namespace
}  // namespace carnet::vault
