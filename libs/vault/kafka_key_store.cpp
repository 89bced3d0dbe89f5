#include "vault/kafka_key_store.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/fatal.h"
#include "event_log/kafka/admin.h"
#include "event_log/kafka/consumer.h"
#include "event_log/kafka/producer.h"
#include "vault/box.h"
#include "vault/kafka_key_rows.h"
#include "vault/key_rows.h"

namespace carnet::vault {
namespace {

using event_log::Admin;
using event_log::Consumer;
using event_log::OffsetQueries;
using event_log::Producer;

// Beyond a segment's time, which the broker counts by its own clock.
constexpr absl::Duration kAfterSegment = absl::Seconds(1);

// How long a key written elsewhere is waited for.
constexpr absl::Duration kCatchUpTimeout = absl::Seconds(10);

// Brokers that may keep what was erased for longer than this, for want of a tighter setting.
constexpr int64_t kMostMillis = 24 * 3'600'000;

// "600000"; nothing where it is no number of milliseconds within kMostMillis.
std::optional<absl::Duration> ReadMillis(const std::string& text) {
  int64_t millis = 0;
  if (!absl::SimpleAtoi(text, &millis) || millis <= 0 || millis > kMostMillis) return std::nullopt;
  return absl::Milliseconds(millis);
}

absl::Status Unavailable(const std::string& what) {
  return Error(absl::StatusCode::kUnavailable, "KAFKA", what);
}

class KafkaKeyStore final : public DurableKeyStore {
 public:
  KafkaKeyStore(const KafkaKeyStoreOptions& options, const Key& root, absl::Duration segment,
                std::unique_ptr<OffsetQueries> queries, std::unique_ptr<Consumer> consumer,
                std::unique_ptr<Producer> producer)
      : topic_(options.topic),
        root_(root),
        segment_(segment),
        queries_(std::move(queries)),
        consumer_(std::move(consumer)),
        producer_(std::move(producer)),
        tail_([this] { Tail(); }) {}

  ~KafkaKeyStore() override {
    stopping_ = true;
    consumer_->Wake();
    tail_.join();
  }

  // With a new topic: whoever's check stands first has bound it.
  absl::Status Bind() {
    if (absl::Status status = CatchUp(); !status.ok()) return status;
    if (!bound()) {
      const std::string claim = kCheckRow + std::string(Uuid::Random().bytes());
      if (absl::Status status = Write({{claim, SealCheck(root_)}}); !status.ok()) return status;
    }
    const std::lock_guard lock(mutex_);
    return OpensCheck(root_, rows_.check()) ? absl::OkStatus() : RootKeyMismatch(topic_);
  }

  bool bound() {
    const std::lock_guard lock(mutex_);
    return !rows_.check().empty();
  }

  absl::StatusOr<std::optional<MerchantKeys>> FindMerchantKeys(std::string_view merchant) override {
    auto found = KnownMerchantKeys(merchant);
    if (!found.ok() || found->has_value()) return found;
    if (absl::Status status = CatchUp(); !status.ok()) return status;
    return KnownMerchantKeys(merchant);
  }

  absl::StatusOr<MerchantKeys> MerchantKeysOrNew(std::string_view merchant) override {
    const std::lock_guard lock(making_);
    auto found = FindMerchantKeys(merchant);
    if (!found.ok()) return found.status();
    if (found->has_value()) return **std::move(found);
    {
      const std::lock_guard rows_lock(mutex_);
      if (rows_.HasRecordKeys(merchant))
        return KeyMissing(merchant, "there is no index or hash key");
    }
    const MerchantKeys keys{Key::Random(), Key::Random()};
    const std::string claim = RowKey(kMerchantRow, merchant, Uuid::Random().bytes());
    if (absl::Status status = Write({{claim, SealMerchantKeys(root_, merchant, keys)}});
        !status.ok()) {
      return status;
    }
    // Ours, or those of a gateway that was faster.
    found = KnownMerchantKeys(merchant);
    if (!found.ok()) return found.status();
    CARNET_ASSERT(found->has_value());
    return **std::move(found);
  }

  absl::StatusOr<std::optional<Key>> FindRecordKey(std::string_view merchant,
                                                   const Uuid& key_id) override {
    auto found = KnownRecordKey(merchant, key_id);
    if (!found.ok() || found->has_value()) return found;
    if (absl::Status status = CatchUp(); !status.ok()) return status;
    return KnownRecordKey(merchant, key_id);
  }

  // Of those known here: another gateway's that is on its way is not waited for, as both open.
  absl::StatusOr<std::optional<RecordKey>> NewestRecordKey(std::string_view merchant,
                                                           const Uuid& record_id) override {
    std::string ids;
    {
      const std::lock_guard lock(mutex_);
      ids = rows_.KeysOf(merchant, record_id);
    }
    if (ids.empty() || ErasedAt(merchant, record_id)) return std::nullopt;
    const auto newest = Uuid::FromBytes(std::string_view(ids).substr(ids.size() - Uuid::kSize));
    auto key = KnownRecordKey(merchant, *newest);
    if (!key.ok()) return key.status();
    if (!key->has_value()) return KeyMissing(merchant, "a record key is listed but not there");
    return RecordKey{*newest, **key};
  }

  absl::Status Persist(const NewKeys& keys) override {
    std::vector<Producer::Message> rows;
    NonceSequence nonces;
    for (const NewKey& key : keys) {
      {
        const std::lock_guard lock(mutex_);
        if (rows_.KeyOf(key.merchant, key.key.id.bytes()) != nullptr) continue;
        if (ErasedAt(key.merchant, key.record_id)) continue;
      }
      rows.push_back({.key = RowKey(kKeyRow, key.merchant, key.key.id.bytes()),
                      .value = SealRecordKey(root_, nonces.Next(), key)});
    }
    if (rows.empty()) return absl::OkStatus();
    return Write(std::move(rows));
  }

  absl::Status Erase(std::string_view merchant, std::span<const Uuid> record_ids,
                     int64_t at_micros) override {
    if (absl::Status status = CatchUp(); !status.ok()) return status;
    std::vector<Producer::Message> rows;
    // First that they are erased: who reads the topic knows it before a key is missing.
    for (const Uuid& record : record_ids) {
      if (ErasedAt(merchant, record)) continue;
      std::string at;
      AppendBigEndian64(static_cast<uint64_t>(at_micros), &at);
      rows.push_back({.key = RowKey(kErasedRow, merchant, record.bytes()), .value = at});
    }
    for (const Uuid& record : record_ids) {
      std::string ids;
      {
        const std::lock_guard lock(mutex_);
        ids = rows_.KeysOf(merchant, record);
      }
      for (size_t at = 0; at + Uuid::kSize <= ids.size(); at += Uuid::kSize) {
        const std::string_view id = std::string_view(ids).substr(at, Uuid::kSize);
        rows.push_back({.key = RowKey(kKeyRow, merchant, id), .value = {}, .tombstone = true});
      }
    }
    if (rows.empty()) return absl::OkStatus();
    return Write(std::move(rows));
  }

  absl::Status ForEach(const VisitMerchant& merchant_keys, const VisitRecord& record_key) override {
    if (absl::Status status = CatchUp(); !status.ok()) return status;
    // Copied, so that no visitor is waited for under the lock.
    std::vector<std::string> merchants;
    std::map<std::string, std::string> records;
    {
      const std::lock_guard lock(mutex_);
      merchants = rows_.Merchants();
      records = rows_.Records();
    }
    for (const std::string& merchant : merchants) {
      const auto keys = KnownMerchantKeys(merchant);
      if (!keys.ok()) return keys.status();
      if (absl::Status status = merchant_keys(merchant, **keys); !status.ok()) return status;
    }
    for (const auto& [row, ids] : records) {
      std::string_view merchant;
      std::string_view record;
      CARNET_ASSERT(ParseRowKey(row, &merchant, &record));
      for (size_t at = 0; at + Uuid::kSize <= ids.size(); at += Uuid::kSize) {
        const Uuid key_id = *Uuid::FromBytes(std::string_view(ids).substr(at, Uuid::kSize));
        const auto key = KnownRecordKey(merchant, key_id);
        if (!key.ok()) return key.status();
        if (!key->has_value()) continue;  // erased meanwhile
        if (absl::Status status = record_key(
                {std::string(merchant), *Uuid::FromBytes(record), RecordKey{key_id, **key}});
            !status.ok()) {
          return status;
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status PersistMerchantKeys(std::string_view merchant, const MerchantKeys& keys) override {
    const std::lock_guard lock(making_);
    auto found = FindMerchantKeys(merchant);
    if (!found.ok()) return found.status();
    if (!found->has_value()) {
      const std::string claim = RowKey(kMerchantRow, merchant, Uuid::Random().bytes());
      if (absl::Status status = Write({{claim, SealMerchantKeys(root_, merchant, keys)}});
          !status.ok()) {
        return status;
      }
      found = KnownMerchantKeys(merchant);
      if (!found.ok()) return found.status();
    }
    return (*found)->index == keys.index && (*found)->hash == keys.hash ? absl::OkStatus()
                                                                        : KeysDiffer(merchant);
  }

  // Until all that the topic holds now is known here.
  absl::Status CatchUp() {
    const auto ends = queries_->FirstAndEnd(topic_, 0);
    if (!ends.ok()) return ends.status();
    return WaitFor(ends->second);
  }

 private:
  absl::StatusOr<std::optional<MerchantKeys>> KnownMerchantKeys(std::string_view merchant) {
    const std::lock_guard lock(mutex_);
    const std::string* const row = rows_.MerchantRow(merchant);
    if (row == nullptr) return std::nullopt;
    auto keys = OpenMerchantKeys(root_, merchant, *row);
    if (!keys.ok()) return keys.status();
    return *std::move(keys);
  }

  absl::StatusOr<std::optional<Key>> KnownRecordKey(std::string_view merchant, const Uuid& key_id) {
    const std::lock_guard lock(mutex_);
    const std::string* const row = rows_.KeyOf(merchant, key_id.bytes());
    // Of an erased record there may still be one whose tombstone is on its way, or one that a
    // gateway made before it heard of the erasure.
    const std::optional<Uuid> record = row == nullptr ? std::nullopt : RecordOf(*row);
    if (!record || ErasedAt(merchant, *record)) return std::nullopt;
    auto key = OpenRecordKey(root_, merchant, key_id, *row);
    if (!key.ok()) return key.status();
    return *std::move(key);
  }

  // Durable, and read back: then this process knows what everybody else will know.
  absl::Status Write(std::vector<Producer::Message> rows) {
    std::promise<absl::StatusOr<std::vector<int64_t>>> answer;
    producer_->Produce(0, rows, absl::OkStatus(),
                       [&](absl::StatusOr<std::vector<int64_t>> offsets) {
                         answer.set_value(std::move(offsets));
                       });
    const auto offsets = answer.get_future().get();
    if (!offsets.ok()) return offsets.status();
    return WaitFor(*std::max_element(offsets->begin(), offsets->end()) + 1);
  }

  absl::Status WaitFor(int64_t position) {
    std::unique_lock lock(mutex_);
    const bool there = advanced_.wait_for(lock, absl::ToChronoNanoseconds(kCatchUpTimeout),
                                          [&] { return position_ >= position; });
    if (there) return absl::OkStatus();
    return Unavailable("the keys topic " + topic_ + " could not be read to its end in time");
  }

  void Tail() {
    pthread_setname_np(pthread_self(), "kafka-keys");
    while (!stopping_) {
      const auto event = consumer_->Poll(absl::Now() + absl::Seconds(1));
      if (absl::IsOutOfRange(event.status())) {
        // A topic that lost its end holds fewer keys than have been used: nobody can go on.
        Fatal("the Kafka topic " + topic_ + " lost keys that it had: restore it from its backup");
      }
      CloseSegmentWhereDue();
      if (!event.ok()) continue;  // tried again by itself
      const std::lock_guard lock(mutex_);
      if (event->message) {
        rows_.Apply(event->message->key(), event->message->value(), event->message->is_tombstone());
        position_ = event->message->offset() + 1;
      }
      if (event->end) position_ = std::max(position_, *event->end);
      advanced_.notify_all();
    }
  }

  // Brokers compact a segment only once it is closed, and close it only when something is appended
  // to it after its time: where nobody makes new keys, one row more does it.
  void CloseSegmentWhereDue() {
    const uint64_t erased = erased_.count();
    if (erased != erased_seen_) {
      erased_seen_ = erased;
      close_at_ = absl::Now() + segment_ + kAfterSegment;
    }
    if (tick_failed_.exchange(false)) close_at_ = absl::Now() + kAfterSegment;
    if (absl::Now() < close_at_) return;
    close_at_ = absl::InfiniteFuture();
    producer_->Produce(0, {{.key = std::string(1, kTickRow), .value = "t"}}, absl::OkStatus(),
                       [this](const absl::StatusOr<std::vector<int64_t>>& offsets) {
                         if (!offsets.ok()) tick_failed_ = true;
                       });
  }

  const std::string topic_;
  const Key root_;
  const absl::Duration segment_;  // how long the topic's segments are appended to
  const std::unique_ptr<OffsetQueries> queries_;
  const std::unique_ptr<Consumer> consumer_;
  std::mutex making_;  // one new merchant at a time

  std::mutex mutex_;
  std::condition_variable advanced_;
  // Guarded by mutex_.
  KafkaKeyRows rows_{&erased_};
  int64_t position_ = 0;

  // The tail's own.
  uint64_t erased_seen_ = 0;
  absl::Time close_at_ = absl::InfiniteFuture();

  std::atomic<bool> tick_failed_ = false;
  std::atomic<bool> stopping_ = false;
  const std::unique_ptr<Producer> producer_;
  std::thread tail_;  // last: ends first
};

std::map<std::string, std::string> KeyTopicSettings(int32_t replicas) {
  return {{"cleanup.policy", "compact"},
          {"unclean.leader.election.enable", "false"},
          {"min.insync.replicas", replicas >= 2 ? "2" : "1"},
          // So that what was erased is dropped soon.
          {"segment.ms", "600000"},
          {"min.cleanable.dirty.ratio", "0.01"},
          {"max.compaction.lag.ms", "3600000"}};
}

// How long the topic's segments are appended to.
absl::StatusOr<absl::Duration> CheckTopic(const KafkaKeyStoreOptions& options) {
  const auto admin = Admin::Make(options.connection);
  if (!admin.ok()) return admin.status();
  const auto description = (*admin)->Describe(options.topic);
  if (!description.ok()) return description.status();
  const auto is = [&](const std::string& name) {
    const auto found = description->settings.find(name);
    return found == description->settings.end() ? std::string("?") : found->second;
  };
  const bool alone = is("min.insync.replicas") == "1" && !options.development;
  const auto segment = ReadMillis(is("segment.ms"));
  if (description->partitions == 1 && is("cleanup.policy") == "compact" &&
      is("unclean.leader.election.enable") == "false" && !alone && segment &&
      ReadMillis(is("max.compaction.lag.ms"))) {
    return *segment;
  }
  return Error(absl::StatusCode::kFailedPrecondition, "TOPIC_SETTINGS",
               "the Kafka topic " + options.topic + " can't hold keys: it has " +
                   std::to_string(description->partitions) +
                   " partitions (should be 1),"
                   " cleanup.policy=" +
                   is("cleanup.policy") +
                   " (compact),"
                   " unclean.leader.election.enable=" +
                   is("unclean.leader.election.enable") + " (false), segment.ms=" +
                   is("segment.ms") + " and max.compaction.lag.ms=" + is("max.compaction.lag.ms") +
                   " (86400000 or less, so that what is erased goes), min.insync.replicas=" +
                   is("min.insync.replicas") +
                   " (2 or more, unless log.kafka.development=true)."
                   " Change it by kafka-configs.sh --alter --entity-type topics");
}

absl::StatusOr<std::unique_ptr<KafkaKeyStore>> Open(const KafkaKeyStoreOptions& options,
                                                    const Key& root) {
  const auto segment = CheckTopic(options);
  if (!segment.ok()) return segment.status();
  auto queries = OffsetQueries::Make(options.connection);
  if (!queries.ok()) return queries.status();
  auto consumer = Consumer::Make(options.connection, {});
  if (!consumer.ok()) return consumer.status();
  // Compaction may have taken the first offsets, but never makes an offset invalid.
  if (absl::Status status = (*consumer)->Start(options.topic, 0, 0); !status.ok()) return status;
  auto producer = Producer::Make(options.connection, options.topic, {.timeout = options.timeout});
  if (!producer.ok()) return producer.status();
  auto store = std::make_unique<KafkaKeyStore>(options, root, *segment, *std::move(queries),
                                               *std::move(consumer), *std::move(producer));
  if (absl::Status status = store->CatchUp(); !status.ok()) return status;
  return store;
}

}  // namespace

absl::Status InitKafkaKeyTopic(const KafkaKeyStoreOptions& options, int32_t replicas) {
  const auto admin = Admin::Make(options.connection);
  if (!admin.ok()) return admin.status();
  const auto description = (*admin)->Describe(options.topic);
  if (ReasonOf(description.status()) == "TOPIC_MISSING") {
    if (absl::Status status =
            (*admin)->Create(options.topic, 1, replicas, KeyTopicSettings(replicas));
        !status.ok()) {
      return status;
    }
  }
  return event_log::WhenKnown([&] { return CheckTopic(options); }).status();
}

absl::StatusOr<bool> KafkaKeyTopicIsBound(const KafkaKeyStoreOptions& options) {
  const auto store = Open(options, Key());
  if (!store.ok()) return store.status();
  return (*store)->bound();
}

absl::StatusOr<std::unique_ptr<DurableKeyStore>> OpenKafkaKeyStore(
    const KafkaKeyStoreOptions& options, const Key& root) {
  auto store = Open(options, root);
  if (!store.ok()) return store.status();
  if (absl::Status status = (*store)->Bind(); !status.ok()) return status;
  return *std::move(store);
}

}  // namespace carnet::vault
