#include "event_log/kafka/kafka_log.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/error.h"
#include "base/fatal.h"
#include "event_log/control_records.h"
#include "event_log/kafka/admin.h"
#include "event_log/kafka/consumer.h"
#include "event_log/kafka/kafka_cursor.h"
#include "event_log/kafka/producer.h"
#include "event_log/kafka/quarantine_topic.h"
#include "event_log/kafka/topic_check.h"

namespace carnet::event_log {
namespace {

// How long one record is waited for when a log is opened.
constexpr absl::Duration kReadTimeout = absl::Seconds(15);

struct Partition {
  std::atomic<int64_t> acknowledged = 0;
  std::atomic<bool> sealed = false;
};
using Partitions = std::vector<std::unique_ptr<Partition>>;

// All that reads, and nothing that writes.
struct Reader {
  std::string topic;
  std::unique_ptr<OffsetQueries> queries;
  std::unique_ptr<ConsumerPool> consumers;
  std::unique_ptr<Consumer> probe;  // for single records, while the log is opened
};

absl::StatusOr<Reader> MakeReader(const KafkaLogOptions& options) {
  auto queries = OffsetQueries::Make(options.connection);
  if (!queries.ok()) return queries.status();
  // Tells whether the settings are good, too.
  auto consumer = Consumer::Make(options.connection, {.max_prefetched_bytes = kMaxMessageBytes,
                                                      .long_poll = absl::Milliseconds(1)});
  if (!consumer.ok()) return consumer.status();
  Reader reader{.topic = options.topic,
                .queries = *std::move(queries),
                .consumers = std::make_unique<ConsumerPool>(
                    options.connection,
                    Consumer::Options{.max_prefetched_bytes = options.max_prefetched_bytes})};
  reader.probe = *std::move(consumer);
  return reader;
}

class KafkaLog final : public EventLog {
 public:
  KafkaLog(Identity identity, const KafkaLogOptions& options, Reader reader, Partitions partitions,
           std::unique_ptr<Producer> producer)
      : identity_(identity),
        quarantine_(identity, options.connection, options.quarantine_topic),
        reader_(std::move(reader)),
        partitions_(std::move(partitions)),
        producer_(std::move(producer)) {}

  const Identity& identity() const override { return identity_; }
  std::string_view kind() const override { return "kafka"; }

  void Append(int32_t partition, std::vector<Record> records, AppendCallback done) override {
    absl::Status refused = CheckAppend(identity_, partition, records);
    Partition* const state =
        refused.ok() ? partitions_[static_cast<size_t>(partition)].get() : nullptr;
    if (state != nullptr && state->sealed) refused = SealedError(partition);
    const bool seals = refused.ok() && IsSeal(records.back().key, records.back().value);
    if (seals) state->sealed = true;
    std::vector<Producer::Message> messages;
    messages.reserve(records.size());
    for (Record& record : records) {
      messages.push_back({.key = std::move(record.key), .value = std::move(record.value)});
    }
    producer_->Produce(
        partition, messages, std::move(refused),
        [state, seals, done = std::move(done)](absl::StatusOr<std::vector<int64_t>> offsets) {
          if (!offsets.ok()) {
            if (seals) state->sealed = false;
            return done(offsets.status());
          }
          // One thread answers, in no order of partitions' offsets after a retry.
          state->acknowledged = std::max(state->acknowledged.load(), offsets->back() + 1);
          done(Offsets(*std::move(offsets)));
        });
  }

  absl::StatusOr<std::unique_ptr<Cursor>> Read(int32_t partition, int64_t offset) override {
    if (absl::Status status = CheckPartition(identity_, partition); !status.ok()) return status;
    const auto ends = reader_.queries->FirstAndEnd(reader_.topic, partition);
    if (!ends.ok()) return ends.status();
    if (absl::Status status = CheckPosition(partition, offset, ends->first, ends->second);
        !status.ok()) {
      return status;
    }
    auto consumer = reader_.consumers->Take();
    if (absl::Status status = consumer->Start(reader_.topic, partition, offset); !status.ok()) {
      return status;
    }
    return std::make_unique<KafkaCursor>(
        std::move(consumer), reader_.consumers.get(), offset,
        &partitions_[static_cast<size_t>(partition)]->acknowledged);
  }

  absl::StatusOr<int64_t> FirstOffset(int32_t partition) override {
    if (absl::Status status = CheckPartition(identity_, partition); !status.ok()) return status;
    const auto ends = reader_.queries->FirstAndEnd(reader_.topic, partition);
    if (!ends.ok()) return ends.status();
    return ends->first;
  }

  absl::StatusOr<int64_t> EndOffset(int32_t partition) override {
    if (absl::Status status = CheckPartition(identity_, partition); !status.ok()) return status;
    const auto ends = reader_.queries->FirstAndEnd(reader_.topic, partition);
    if (!ends.ok()) return ends.status();
    return ends->second;
  }

  absl::Status AddToQuarantine(const log::v1::QuarantineEntry& entry) override {
    if (absl::Status status = CheckQuarantineEntry(identity_, entry); !status.ok()) return status;
    return quarantine_.Add(entry, reader_.queries.get());
  }

  absl::StatusOr<std::vector<log::v1::QuarantineEntry>> Quarantined(int32_t partition) override {
    if (absl::Status status = CheckPartition(identity_, partition); !status.ok()) return status;
    return quarantine_.Of(partition, reader_.queries.get());
  }

 private:
  const Identity identity_;
  QuarantineTopic quarantine_;
  // In this order: the producer finishes first.
  const Reader reader_;
  const Partitions partitions_;
  const std::unique_ptr<Producer> producer_;
};

// The record at `offset`, or the first after it; nothing where the partition ends before.
absl::StatusOr<std::optional<Message>> ReadOne(Consumer* consumer, const std::string& topic,
                                               int32_t partition, int64_t offset) {
  if (absl::Status status = consumer->Start(topic, partition, offset); !status.ok()) return status;
  const absl::Time deadline = absl::Now() + kReadTimeout;
  while (absl::Now() < deadline) {
    auto event = consumer->Poll(deadline);
    if (absl::IsUnavailable(event.status())) continue;
    if (!event.ok()) return event.status();
    if (event->message) return std::move(event->message);
    if (event->end) return std::nullopt;
  }
  return Error(absl::StatusCode::kUnavailable, "KAFKA",
               absl::StrCat("read: partition ", partition, " of ", topic, " gave nothing in time"));
}

absl::Status Missing(const std::string& topic) {
  return Error(absl::StatusCode::kNotFound, "LOG_MISSING",
               absl::StrCat("there is no event log in the Kafka topic ", topic,
                            " yet: `carnet log init` makes it"));
}

// Copies out of a consumer that goes on to the next partition.
absl::StatusOr<Identity> LoadManifest(const Reader& reader, Consumer* consumer, int32_t partition) {
  const auto ends = reader.queries->FirstAndEnd(reader.topic, partition);
  if (!ends.ok()) return ends.status();
  if (ends->second == 0) return Missing(reader.topic);
  if (ends->first > 0) {
    return Error(absl::StatusCode::kOutOfRange, "LOG_CUT",
                 absl::StrCat("partition ", partition, " of ", reader.topic, " begins at offset ",
                              ends->first, ": its beginning was deleted; restore it"));
  }
  const auto first = ReadOne(consumer, reader.topic, partition, 0);
  if (!first.ok()) return first.status();
  if (!first->has_value()) return Missing(reader.topic);
  if ((*first)->offset() != 0) {
    return Error(
        absl::StatusCode::kFailedPrecondition, "NOT_A_LOG",
        absl::StrCat("partition ", partition, " of ", reader.topic, " has no record at offset 0"));
  }
  return ReadManifest((*first)->key(), (*first)->value(), partition);
}

// Whether the last record seals the partition. Gaps may stand at the end.
absl::StatusOr<bool> EndsWithSeal(const Reader& reader, Consumer* consumer, int32_t partition,
                                  int64_t* end) {
  const auto ends = reader.queries->FirstAndEnd(reader.topic, partition);
  if (!ends.ok()) return ends.status();
  *end = ends->second;
  for (int64_t back = 1;; back *= 8) {
    const int64_t from = std::max<int64_t>(ends->second - back, 0);
    auto record = ReadOne(consumer, reader.topic, partition, from);
    if (!record.ok()) return record.status();
    bool seal = false;
    bool found = false;
    while (record.ok() && record->has_value()) {
      found = true;
      seal = IsSeal((*record)->key(), (*record)->value());
      if ((*record)->offset() + 1 >= ends->second) return seal;
      auto event = consumer->Poll(absl::Now() + kReadTimeout);
      if (!event.ok()) return event.status();
      if (event->end) break;
      record = std::move(event->message);
    }
    if (found || from == 0) return seal;
  }
}

absl::StatusOr<Identity> LoadIdentity(const Reader& reader, Consumer* consumer) {
  const auto first = LoadManifest(reader, consumer, 0);
  if (!first.ok()) return first;
  for (int32_t partition = 1; partition < first->partition_count; ++partition) {
    const auto other = LoadManifest(reader, consumer, partition);
    if (!other.ok()) return other;
    if (*other != *first) {
      return Error(
          absl::StatusCode::kFailedPrecondition, "NOT_A_LOG",
          absl::StrCat("partition ", partition, " of ", reader.topic, " belongs to another log"));
    }
  }
  return first;
}

absl::Status CountError(const std::string& topic, int32_t is, int32_t should_be) {
  return Error(absl::StatusCode::kFailedPrecondition, "PARTITION_COUNT",
               absl::StrCat("the Kafka topic ", topic, " has ", is, " partitions, not ", should_be,
                            ": that must never change, as merchants would move; `carnet log copy`"
                            " makes another log of it"));
}

absl::StatusOr<Identity> OpenReader(const KafkaLogOptions& options, const Reader& reader,
                                    Consumer* consumer) {
  const auto admin = Admin::Make(options.connection);
  if (!admin.ok()) return admin.status();
  const auto description = (*admin)->Describe(options.topic);
  if (ReasonOf(description.status()) == "TOPIC_MISSING") return Missing(options.topic);
  if (!description.ok()) return description.status();
  if (absl::Status status = CheckLogTopic(options.topic, *description, options.development);
      !status.ok()) {
    return status;
  }
  const auto identity = LoadIdentity(reader, consumer);
  if (!identity.ok()) return identity.status();
  if (identity->partition_count != description->partitions) {
    return CountError(options.topic, description->partitions, identity->partition_count);
  }
  if (absl::Status status = QuarantineTopic(*identity, options.connection, options.quarantine_topic)
                                .Check(admin->get());
      !status.ok()) {
    return status;
  }
  return identity;
}

absl::StatusOr<int64_t> AppendOne(Producer* producer, int32_t partition, Record record) {
  std::promise<absl::StatusOr<std::vector<int64_t>>> answer;
  producer->Produce(partition, {{.key = std::move(record.key), .value = std::move(record.value)}},
                    absl::OkStatus(), [&](absl::StatusOr<std::vector<int64_t>> offsets) {
                      answer.set_value(std::move(offsets));
                    });
  const auto offsets = answer.get_future().get();
  if (!offsets.ok()) return offsets.status();
  return offsets->front();
}

// Partition 0 first: whose manifest is the first there says the log's id.
absl::Status WriteManifests(const KafkaLogOptions& options, const Reader& reader,
                            Consumer* consumer, int32_t partition_count) {
  const auto producer =
      Producer::Make(options.connection, options.topic, {.timeout = options.append_timeout});
  if (!producer.ok()) return producer.status();
  Identity identity = {.log_id = Uuid::Random(), .partition_count = partition_count};
  for (int32_t partition = 0; partition < partition_count; ++partition) {
    const auto ends = reader.queries->FirstAndEnd(reader.topic, partition);
    if (!ends.ok()) return ends.status();
    if (ends->second == 0) {
      const auto offset =
          AppendOne(producer->get(), partition,
                    MakeManifest(identity, partition, absl::ToUnixMicros(absl::Now())));
      if (!offset.ok()) return offset.status();
    }
    if (partition > 0) continue;
    const auto first = LoadManifest(reader, consumer, 0);
    if (!first.ok()) return first.status();
    identity = *first;
    if (identity.partition_count != partition_count) {
      return CountError(options.topic, identity.partition_count, partition_count);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Identity> InitKafkaLog(const KafkaLogOptions& options, int32_t partition_count,
                                      int32_t replicas) {
  if (partition_count < 1 || partition_count > kMaxPartitions) {
    return Error(
        absl::StatusCode::kInvalidArgument, "PARTITION_COUNT",
        absl::StrCat("a log has 1 to ", kMaxPartitions, " partitions, not ", partition_count));
  }
  const auto admin = Admin::Make(options.connection);
  if (!admin.ok()) return admin.status();
  if (absl::Status status = InitQuarantineTopic(admin->get(), options.quarantine_topic, replicas);
      !status.ok()) {
    return status;
  }
  auto description = (*admin)->Describe(options.topic);
  if (ReasonOf(description.status()) == "TOPIC_MISSING") {
    if (absl::Status status =
            (*admin)->Create(options.topic, partition_count, replicas, LogTopicSettings(replicas));
        !status.ok()) {
      return status;
    }
    description = WhenKnown([&] { return (*admin)->Describe(options.topic); });
  }
  if (!description.ok()) return description.status();
  if (description->partitions != partition_count) {
    return CountError(options.topic, description->partitions, partition_count);
  }
  auto reader = MakeReader(options);
  if (!reader.ok()) return reader.status();
  Consumer* const consumer = reader->probe.get();
  if (absl::Status status = WriteManifests(options, *reader, consumer, partition_count);
      !status.ok()) {
    return status;
  }
  return WhenKnown([&] { return OpenReader(options, *reader, consumer); });
}

absl::StatusOr<std::unique_ptr<EventLog>> OpenKafkaLog(const KafkaLogOptions& options) {
  auto reader = MakeReader(options);
  if (!reader.ok()) return reader.status();
  Consumer* const consumer = reader->probe.get();
  const auto identity = OpenReader(options, *reader, consumer);
  if (!identity.ok()) return identity.status();
  Partitions partitions;
  for (int32_t partition = 0; partition < identity->partition_count; ++partition) {
    partitions.push_back(std::make_unique<Partition>());
    int64_t end = 0;
    const auto sealed = EndsWithSeal(*reader, consumer, partition, &end);
    if (!sealed.ok()) return sealed.status();
    partitions.back()->sealed = *sealed;
  }
  reader->probe.reset();
  auto producer = Producer::Make(
      options.connection, options.topic,
      {.timeout = options.append_timeout, .max_queued_bytes = options.max_queued_bytes});
  if (!producer.ok()) return producer.status();
  return std::make_unique<KafkaLog>(*identity, options, *std::move(reader), std::move(partitions),
                                    *std::move(producer));
}

}  // namespace carnet::event_log
