#include "vault/kafka_key_store.h"

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/error.h"
#include "event_log/kafka/admin.h"
#include "event_log/kafka/consumer.h"
#include "tests/kafka/cluster.h"
#include "vault/embedded_key_store.h"
#include "vault/key_copy.h"
#include "vault/test_support.h"

namespace carnet::vault {
namespace {

class KafkaKeyStoreTest : public testing::Test {
 protected:
  KafkaKeyStoreTest() {
    static std::atomic<int> count = 0;
    options_.connection.brokers = kafka_cluster::Cluster::Single().bootstrap();
    options_.topic = "keys-" + std::to_string(++count);
    options_.development = true;
    const absl::Status made = InitKafkaKeyTopic(options_, 1);
    EXPECT_TRUE(made.ok()) << made;
  }

  std::unique_ptr<KeyStore> Open() const {
    auto store = OpenKafkaKeyStore(options_, root_);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

  // All bytes that the broker has of the topic.
  std::string TopicBytes() const {
    const auto consumer = event_log::Consumer::Make(options_.connection, {});
    EXPECT_TRUE((*consumer)->Start(options_.topic, 0, 0).ok());
    std::string bytes;
    while (true) {
      const auto event = (*consumer)->Poll(absl::InfiniteFuture());
      if (!event.ok() || event->end) return bytes;
      if (event->message) bytes.append(event->message->key()).append(event->message->value());
    }
  }

  KafkaKeyStoreOptions options_;
  const Key root_ = Key::Random();
};

NewKey MakeKey(const std::string& merchant, const Uuid& record) {
  return {merchant, record, {Uuid::Random(), Key::Random()}};
}

TEST_F(KafkaKeyStoreTest, EverythingIsThereAfterReopeningAndInOtherProcesses) {
  const Uuid record = Uuid::Random();
  const NewKey first = MakeKey("m1", record);
  const NewKey second = MakeKey("m1", record);
  auto store = Open();
  const auto other = Open();
  EXPECT_FALSE((*store->FindMerchantKeys("m1")).has_value());
  const auto made = store->MerchantKeysOrNew("m1");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_FALSE((*store->NewestRecordKey("m1", record)).has_value());
  ASSERT_TRUE(store->Persist({first}).ok());
  EXPECT_TRUE(**other->FindRecordKey("m1", first.key.id) == first.key.key) << "at once";
  ASSERT_TRUE(store->Persist({second, MakeKey("m1", Uuid::Random())}).ok());
  EXPECT_EQ((*store->NewestRecordKey("m1", record))->id, second.key.id);
  EXPECT_TRUE((*other->FindMerchantKeys("m1"))->index == made->index);
  store.reset();

  store = Open();
  EXPECT_TRUE(store->MerchantKeysOrNew("m1")->hash == made->hash);
  EXPECT_TRUE(**store->FindRecordKey("m1", first.key.id) == first.key.key);
  EXPECT_EQ((*store->NewestRecordKey("m1", record))->id, second.key.id);
  EXPECT_FALSE((*store->FindRecordKey("m2", first.key.id)).has_value());
}

TEST_F(KafkaKeyStoreTest, GatewaysThatRaceForOneMerchantAgree) {
  std::vector<std::unique_ptr<KeyStore>> gateways;
  for (int i = 0; i < 4; ++i) gateways.push_back(Open());
  for (int round = 0; round < 10; ++round) {
    const std::string merchant = "shop-" + std::to_string(round);
    std::vector<std::future<absl::StatusOr<MerchantKeys>>> made;
    for (auto& gateway : gateways) {
      made.push_back(
          std::async(std::launch::async, [&] { return gateway->MerchantKeysOrNew(merchant); }));
    }
    for (auto& keys : made) {
      const auto own = keys.get();
      ASSERT_TRUE(own.ok()) << own.status();
      EXPECT_TRUE(own->index == (*Open()->FindMerchantKeys(merchant))->index);
    }
  }
}

TEST_F(KafkaKeyStoreTest, GatewaysThatRaceForOneRecordLeaveKeysThatAllOpen) {
  const auto one = Open();
  const auto two = Open();
  const Uuid record = Uuid::Random();
  const NewKey first = MakeKey("m1", record);
  const NewKey second = MakeKey("m1", record);
  auto racing = std::async(std::launch::async, [&] { return one->Persist({first}); });
  ASSERT_TRUE(two->Persist({second}).ok());
  ASSERT_TRUE(racing.get().ok());
  for (const auto& store : {one.get(), two.get()}) {
    EXPECT_TRUE(**store->FindRecordKey("m1", first.key.id) == first.key.key);
    EXPECT_TRUE(**store->FindRecordKey("m1", second.key.id) == second.key.key);
  }
  ASSERT_TRUE(one->Erase("m1", {&record, 1}, 1).ok());
  // A key that is not known makes the store read on to the topic's end.
  ASSERT_FALSE((*two->FindRecordKey("m1", Uuid::Random())).has_value());
  for (const NewKey& key : {first, second}) {
    EXPECT_FALSE((*two->FindRecordKey("m1", key.key.id)).has_value());
    EXPECT_FALSE((*Open()->FindRecordKey("m1", key.key.id)).has_value());
  }
}

TEST_F(KafkaKeyStoreTest, KeysCanBeTakenToATopicAndBack) {
  const TemporaryFolder folder;
  const Uuid record = Uuid::Random();
  const NewKey first = MakeKey("m1", record);
  const NewKey second = MakeKey("m1", record);
  const auto from = *OpenEmbeddedKeyStore(folder / "from", root_, /*create=*/true);
  const MerchantKeys merchant = *from->MerchantKeysOrNew("m1");
  ASSERT_TRUE(from->Persist({first, second, MakeKey("m2", Uuid::Random())}).ok());

  const auto topic = *OpenKafkaKeyStore(options_, root_);
  const auto ignore = [](uint64_t) {};
  const auto copied = CopyKeys(from.get(), topic.get(), ignore);
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_EQ(copied->merchants, 1u);
  EXPECT_EQ(copied->record_keys, 3u);
  ASSERT_TRUE(CopyKeys(from.get(), topic.get(), ignore).ok()) << "twice does no harm";
  const auto to = *OpenEmbeddedKeyStore(folder / "to", root_, /*create=*/true);
  ASSERT_TRUE(CopyKeys(topic.get(), to.get(), ignore).ok());

  for (DurableKeyStore* store : {topic.get(), to.get()}) {
    EXPECT_TRUE((*store->FindMerchantKeys("m1"))->index == merchant.index);
    EXPECT_TRUE((*store->FindMerchantKeys("m1"))->hash == merchant.hash);
    EXPECT_TRUE(**store->FindRecordKey("m1", first.key.id) == first.key.key);
    EXPECT_EQ((*store->NewestRecordKey("m1", record))->id, second.key.id);
  }
  const auto other = *OpenEmbeddedKeyStore(folder / "other", root_, /*create=*/true);
  ASSERT_TRUE(other->MerchantKeysOrNew("m1").ok());
  EXPECT_EQ(ReasonOf(CopyKeys(topic.get(), other.get(), ignore).status()), "KEYS_DIFFER");
}

// Compaction is the broker's, but only of segments that are closed: nobody stores a key after the
// erasure, and it is gone from the files all the same.
TEST_F(KafkaKeyStoreTest, NoKeyThatWasErasedIsLeftInTheBrokersFiles) {
  // As InitKafkaKeyTopic() makes it, but for times; uncompressed, so that keys can be looked for.
  options_.topic += "-compacted";
  const auto admin = event_log::Admin::Make(options_.connection);
  ASSERT_TRUE((*admin)
                  ->Create(options_.topic, 1, 1,
                           {{"cleanup.policy", "compact"},
                            {"compression.type", "uncompressed"},
                            {"unclean.leader.election.enable", "false"},
                            {"min.insync.replicas", "1"},
                            {"segment.ms", "1000"},
                            {"min.cleanable.dirty.ratio", "0.01"},
                            {"max.compaction.lag.ms", "1000"},
                            {"file.delete.delay.ms", "0"}})
                  .ok());
  const NewKey erased = MakeKey("m1", Uuid::Random());
  const NewKey kept = MakeKey("m1", Uuid::Random());
  const auto store = Open();
  ASSERT_TRUE(store->Persist({erased, kept}).ok());
  // A key's row begins with its record's id, which stands in no other value.
  const auto is_in_files = [&](const NewKey& key) {
    std::error_code gone;  // a file may go while one looks
    const std::string folder = kafka_cluster::Cluster::Single().FilesOf(options_.topic);
    for (std::filesystem::directory_iterator at(folder, gone), end; !gone && at != end;
         at.increment(gone)) {
      std::ifstream in(at->path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      for (size_t found = bytes.find(key.record_id.bytes()); found != std::string::npos;
           found = bytes.find(key.record_id.bytes(), found + 1)) {
        // Behind the merchant's name it is the row that remembers the erasure.
        if (found < 2 || bytes.substr(found - 2, 2) != "m1") return true;
      }
    }
    return false;
  };
  EXPECT_TRUE(is_in_files(erased)) << "the search finds what is there";
  ASSERT_TRUE(store->Erase("m1", {&erased.record_id, 1}, 1).ok());
  const absl::Time start = absl::Now();
  while (is_in_files(erased) && absl::Now() < start + absl::Seconds(90)) {
    ASSERT_TRUE(store->FindRecordKey("m1", kept.key.id).ok());
  }
  std::printf("gone from the broker's files after %.1f s\n",
              absl::ToDoubleSeconds(absl::Now() - start));
  EXPECT_FALSE(is_in_files(erased));
  EXPECT_TRUE(is_in_files(kept));
  EXPECT_TRUE(Open()->ErasedAt("m1", erased.record_id).has_value());
}

TEST_F(KafkaKeyStoreTest, AnotherRootKeyIsRefused) {
  EXPECT_FALSE(*KafkaKeyTopicIsBound(options_));
  Open().reset();
  EXPECT_TRUE(*KafkaKeyTopicIsBound(options_));
  EXPECT_EQ(ReasonOf(OpenKafkaKeyStore(options_, Key::Random()).status()), "ROOT_KEY_MISMATCH");
}

TEST_F(KafkaKeyStoreTest, NoKeyStandsBareInTheTopic) {
  const auto store = Open();
  const NewKey key = MakeKey("m1", Uuid::Random());
  const auto merchant = store->MerchantKeysOrNew("m1");
  ASSERT_TRUE(store->Persist({key}).ok());
  const std::string bytes = TopicBytes();
  EXPECT_NE(bytes.find(key.key.id.bytes()), std::string::npos);  // so the search can find
  EXPECT_EQ(bytes.find(key.key.key.bytes()), std::string::npos);
  EXPECT_EQ(bytes.find(merchant->index.bytes()), std::string::npos);
  EXPECT_EQ(bytes.find(merchant->hash.bytes()), std::string::npos);
}

TEST_F(KafkaKeyStoreTest, KeysThatMayNotBeDurableAreNotTaken) {
  options_.timeout = absl::Seconds(1);
  const auto store = Open();
  kafka_cluster::Cluster::Single().Freeze();
  const absl::Status unknown = store->Persist({MakeKey("m1", Uuid::Random())});
  kafka_cluster::Cluster::Single().Thaw();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kUnavailable) << unknown;
}

TEST_F(KafkaKeyStoreTest, TopicThatWouldForgetIsRefused) {
  KafkaKeyStoreOptions options = options_;
  options.topic += "-forgetful";
  const auto admin = event_log::Admin::Make(options.connection);
  ASSERT_TRUE((*admin)->Create(options.topic, 1, 1, {{"cleanup.policy", "delete"}}).ok());
  EXPECT_EQ(ReasonOf(InitKafkaKeyTopic(options, 1)), "TOPIC_SETTINGS");
  EXPECT_EQ(ReasonOf(OpenKafkaKeyStore(options, root_).status()), "TOPIC_SETTINGS");
}

}  // namespace
}  // namespace carnet::vault
