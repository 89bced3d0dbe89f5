// What a real broker does to the log, beside what every log promises (contract_test.cpp).
#include "event_log/kafka/kafka_log.h"

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <librdkafka/rdkafka.h>

#include "base/error.h"
#include "event_log/control_records.h"
#include "event_log/kafka/admin.h"
#include "event_log/kafka/topic_check.h"
#include "event_log/log_helpers_test.h"
#include "tests/kafka/cluster.h"

namespace carnet::event_log {
namespace {

using kafka_cluster::Cluster;
using testing::HasSubstr;

KafkaLogOptions NewTopic(const Cluster& cluster = Cluster::Single()) {
  static std::atomic<int> count = 0;
  KafkaLogOptions options;
  options.connection.brokers = cluster.bootstrap();
  options.topic = absl::StrCat("log-", ++count);
  options.development = true;
  return options;
}

std::unique_ptr<EventLog> Open(const KafkaLogOptions& options) {
  auto log = OpenKafkaLog(options);
  EXPECT_TRUE(log.ok()) << log.status();
  return log.ok() ? *std::move(log) : nullptr;
}

std::unique_ptr<EventLog> NewLog(const KafkaLogOptions& options, int32_t partitions = 1) {
  const auto identity = InitKafkaLog(options, partitions, 1);
  EXPECT_TRUE(identity.ok()) << identity.status();
  return Open(options);
}

void MakeTopic(const KafkaLogOptions& options, std::map<std::string, std::string> settings) {
  const auto admin = Admin::Make(options.connection);
  ASSERT_TRUE(admin.ok());
  const absl::Status made = (*admin)->Create(options.topic, 1, 1, settings);
  ASSERT_TRUE(made.ok()) << made;
}

// A client that is not ours, with settings of its own.
class Stranger {
 public:
  Stranger(const KafkaLogOptions& options,
           const std::vector<std::pair<std::string, std::string>>& settings)
      : topic_(options.topic) {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    std::array<char, 512> why;
    rd_kafka_conf_set(conf, "bootstrap.servers", options.connection.brokers.c_str(), why.data(),
                      why.size());
    for (const auto& [name, value] : settings) {
      EXPECT_EQ(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()),
                RD_KAFKA_CONF_OK)
          << why.data();
    }
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why.data(), why.size());
  }
  ~Stranger() { rd_kafka_destroy(client_); }

  rd_kafka_t* client() { return client_; }

  void Send(const std::string& key, const std::string& value) {
    EXPECT_EQ(rd_kafka_producev(
                  client_, RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_PARTITION(0),
                  RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
                  RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_END),
              RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void Flush() { EXPECT_EQ(rd_kafka_flush(client_, 30'000), RD_KAFKA_RESP_ERR_NO_ERROR); }

 private:
  const std::string topic_;
  rd_kafka_t* client_ = nullptr;
};

// One transaction: its end takes an offset that no reader is given.
void SendInTransaction(const KafkaLogOptions& options, const std::string& value, bool commit) {
  Stranger stranger(options, {{"transactional.id", absl::StrCat(options.topic, value)}});
  const auto must = [](rd_kafka_error_t* error) {
    EXPECT_EQ(error, nullptr) << rd_kafka_error_string(error);
  };
  must(rd_kafka_init_transactions(stranger.client(), 30'000));
  must(rd_kafka_begin_transaction(stranger.client()));
  stranger.Send("shop", value);
  stranger.Flush();
  must(commit ? rd_kafka_commit_transaction(stranger.client(), 30'000)
              : rd_kafka_abort_transaction(stranger.client(), 30'000));
}

// The end of a transaction is written some time after its producer is told.
void WaitForEnd(EventLog* log, int64_t end) {
  const absl::Time give_up = absl::Now() + kTestPatience;
  while (log->EndOffset(0).value_or(0) < end && absl::Now() < give_up) {
  }
}

TEST(KafkaTopic, SettingsThatCouldLoseChangesAreRefusedWithWhatToChange) {
  const KafkaLogOptions options = NewTopic();
  MakeTopic(options, {{"retention.ms", "604800000"},
                      {"unclean.leader.election.enable", "true"},
                      {"max.message.bytes", "1000000"}});
  const auto refused = InitKafkaLog(options, 1, 1);
  EXPECT_EQ(ReasonOf(refused.status()), "TOPIC_SETTINGS");
  const std::string message(refused.status().message());
  EXPECT_THAT(message, HasSubstr("retention.ms=604800000"));
  EXPECT_THAT(message, HasSubstr("--add-config retention.ms=-1,unclean.leader.election.enable=false"
                                 ",max.message.bytes=4259840"));
  EXPECT_EQ(ReasonOf(OpenKafkaLog(options).status()), "TOPIC_SETTINGS");
}

TEST(KafkaTopic, CompactionIsRefused) {
  const KafkaLogOptions options = NewTopic();
  auto settings = LogTopicSettings(1);
  settings["cleanup.policy"] = "compact";
  MakeTopic(options, settings);
  EXPECT_EQ(ReasonOf(InitKafkaLog(options, 1, 1).status()), "TOPIC_SETTINGS");
}

TEST(KafkaTopic, OneInSyncReplicaIsEnoughForDevelopmentOnly) {
  KafkaLogOptions options = NewTopic();
  ASSERT_NE(NewLog(options), nullptr);
  options.development = false;
  const auto refused = OpenKafkaLog(options);
  EXPECT_EQ(ReasonOf(refused.status()), "TOPIC_SETTINGS");
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("min.insync.replicas=1"));
}

TEST(KafkaTopic, NoTopicOrAnEmptyOneIsNoLogYet) {
  const KafkaLogOptions options = NewTopic();
  EXPECT_EQ(ReasonOf(OpenKafkaLog(options).status()), "LOG_MISSING");
  MakeTopic(options, LogTopicSettings(1));
  EXPECT_EQ(ReasonOf(OpenKafkaLog(options).status()), "LOG_MISSING");
}

TEST(KafkaTopic, SomebodyElsesTopicIsNoLog) {
  const KafkaLogOptions options = NewTopic();
  MakeTopic(options, LogTopicSettings(1));
  Stranger stranger(options, {});
  stranger.Send("shop", "hello");
  stranger.Flush();
  EXPECT_EQ(ReasonOf(InitKafkaLog(options, 1, 1).status()), "NOT_A_LOG");
  EXPECT_EQ(ReasonOf(OpenKafkaLog(options).status()), "NOT_A_LOG");
}

TEST(KafkaTopic, PartitionsThatWereAddedAreRefused) {
  const KafkaLogOptions options = NewTopic();
  ASSERT_NE(NewLog(options, 2), nullptr);
  {
    Stranger stranger(options, {});
    std::array<char, 512> why;
    rd_kafka_NewPartitions_t* more =
        rd_kafka_NewPartitions_new(options.topic.c_str(), 3, why.data(), why.size());
    rd_kafka_queue_t* const queue = rd_kafka_queue_new(stranger.client());
    rd_kafka_CreatePartitions(stranger.client(), &more, 1, nullptr, queue);
    rd_kafka_event_t* const event = rd_kafka_queue_poll(queue, 30'000);
    EXPECT_EQ(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewPartitions_destroy(more);
  }
  const auto admin = Admin::Make(options.connection);
  while ((*admin)->Describe(options.topic)->partitions < 3) {
  }
  EXPECT_EQ(ReasonOf(OpenKafkaLog(options).status()), "PARTITION_COUNT");
  EXPECT_EQ(ReasonOf(InitKafkaLog(options, 3, 1).status()), "PARTITION_COUNT");
}

TEST(KafkaTopic, SeveralWhoMakeTheLogAtOnceMakeTheSame) {
  const KafkaLogOptions options = NewTopic();
  std::vector<std::future<absl::StatusOr<Identity>>> inits;
  for (int i = 0; i < 4; ++i) {
    inits.push_back(std::async(std::launch::async, [&] { return InitKafkaLog(options, 3, 1); }));
  }
  std::vector<Identity> identities;
  for (auto& init : inits) {
    const auto identity = init.get();
    ASSERT_TRUE(identity.ok()) << identity.status();
    identities.push_back(*identity);
  }
  EXPECT_THAT(identities, testing::Each(Open(options)->identity()));
}

TEST(KafkaTopic, SettingsThatLibrdkafkaDoesNotKnowAreSaid) {
  KafkaLogOptions options = NewTopic();
  options.connection.properties["no.such.setting"] = "1";
  const auto refused = OpenKafkaLog(options);
  EXPECT_EQ(ReasonOf(refused.status()), "KAFKA_SETTING");
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("no.such.setting"));
}

TEST(KafkaTopic, WhatThePromisesStandOnCanNotBeSet) {
  KafkaLogOptions options = NewTopic();
  options.connection.properties = {{"acks", "0"}, {"enable.idempotence", "false"}};
  const auto log = NewLog(options);
  // Without acknowledgement there would be no offset.
  EXPECT_EQ(*AppendValue(log.get(), 0, "a"), 1);
}

TEST(KafkaLog, OffsetsMayHaveGapsAndOtherProducersBetween) {
  const KafkaLogOptions options = NewTopic();
  auto log = NewLog(options);
  ASSERT_EQ(*AppendValue(log.get(), 0, "a"), 1);
  SendInTransaction(options, "committed", true);  // at 2, its end at 3
  WaitForEnd(log.get(), 4);
  SendInTransaction(options, "aborted", false);  // at 4, its end at 5
  WaitForEnd(log.get(), 6);
  ASSERT_EQ(*AppendValue(log.get(), 0, "b"), 6);
  EXPECT_EQ(Show(ReadToEnd(log.get(), 0, 0)), "0:manifest 1:a 2:committed 6:b");
  EXPECT_EQ(Show(ReadToEnd(log.get(), 0, 3)), "6:b") << "from within a gap";
}

TEST(KafkaLog, EveryRecordOfAnAppendSaysItsOwnOffset) {
  const KafkaLogOptions options = NewTopic();
  auto one = NewLog(options);
  auto other = Open(options);
  // Two gateways that append at once: their records interleave.
  std::atomic<bool> stop = false;
  auto noise = std::async(std::launch::async, [&] {
    while (!stop) ASSERT_TRUE(AppendValue(other.get(), 0, "noise").ok());
  });
  std::vector<Record> records;
  for (int i = 0; i < 20'000; ++i) records.push_back({.key = "shop", .value = std::to_string(i)});
  std::promise<absl::StatusOr<Offsets>> answer;
  one->Append(0, records,
              [&](absl::StatusOr<Offsets> offsets) { answer.set_value(std::move(offsets)); });
  const auto offsets = answer.get_future().get();
  stop = true;
  noise.wait();
  ASSERT_TRUE(offsets.ok()) << offsets.status();
  const auto stored = ReadToEnd(one.get(), 0, 0);
  ASSERT_TRUE(stored.ok()) << stored.status();
  for (size_t i = 0; i < records.size(); ++i) {
    ASSERT_EQ(stored->at(static_cast<size_t>(offsets->of(i))).value, records[i].value);
  }
}

TEST(KafkaLog, SealIsFoundBehindAGap) {
  const KafkaLogOptions options = NewTopic();
  auto log = NewLog(options);
  ASSERT_TRUE(AppendAndWait(log.get(), 0, {MakeSeal(Uuid())}).ok());
  SendInTransaction(options, "aborted", false);
  WaitForEnd(log.get(), 4);
  log = Open(options);
  EXPECT_EQ(ReasonOf(AppendValue(log.get(), 0, "late").status()), "LOG_SEALED");
}

TEST(KafkaLog, TooMuchThatWaitsIsRefused) {
  KafkaLogOptions options = NewTopic();
  options.max_queued_bytes = 1000;
  auto log = NewLog(options);
  Cluster::Single().Freeze();
  auto first = StartAppend(log.get(), 0, {{.key = "shop", .value = std::string(900, 'a')}});
  auto second = StartAppend(log.get(), 0, {{.key = "shop", .value = std::string(900, 'b')}});
  EXPECT_EQ(ReasonOf(second.get().status()), "LOG_BUSY");
  Cluster::Single().Thaw();
  EXPECT_EQ(*first.get(), 1) << "a broker that was slow for a while is a delay, no more";
}

TEST(KafkaLog, BrokerThatDoesNotAnswerInTimeLeavesTheAppendUnknown) {
  KafkaLogOptions options = NewTopic();
  options.append_timeout = absl::Milliseconds(1500);
  auto log = NewLog(options);
  ASSERT_TRUE(AppendValue(log.get(), 0, "a").ok());
  Cluster::Single().Freeze();
  const auto unknown = AppendValue(log.get(), 0, "b");
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kUnavailable) << unknown.status();
  Cluster::Single().Thaw();
  // Whoever asked sends it again: that must work without hands.
  absl::StatusOr<int64_t> again = absl::UnknownError("not tried");
  const absl::Time give_up = absl::Now() + kTestPatience;
  while (!(again = AppendValue(log.get(), 0, "b")).ok() && absl::Now() < give_up) {
  }
  ASSERT_TRUE(again.ok()) << again.status();
  const std::string stored = Show(ReadToEnd(log.get(), 0, 0));
  EXPECT_THAT(stored, testing::StartsWith("0:manifest 1:a 2:b"));
}

TEST(KafkaLog, CursorGoesOnWhenTheBrokerComesBack) {
  Cluster cluster;
  const KafkaLogOptions options = NewTopic(cluster);
  auto log = NewLog(options);
  ASSERT_TRUE(AppendValue(log.get(), 0, "a").ok());
  const auto cursor = log->Read(0, 1);
  ASSERT_TRUE(cursor.ok()) << cursor.status();
  EXPECT_EQ((*cursor)->Next(10, 1000, absl::Now() + kTestPatience)->at(0).value, "a");
  cluster.Kill();
  const auto trouble = (*cursor)->Next(10, 1000, absl::Now() + kTestPatience);
  EXPECT_EQ(trouble.status().code(), absl::StatusCode::kUnavailable)
      << "told once, so that whoever reads looks whether the log is still the same";
  cluster.Start();
  auto appended = StartAppend(log.get(), 0, {{.key = "shop", .value = "b"}});
  std::string seen;
  const absl::Time give_up = absl::Now() + kTestPatience;
  while (seen.empty() && absl::Now() < give_up) {
    const auto records = (*cursor)->Next(10, 1000, absl::Now() + absl::Seconds(1));
    if (records.ok() && !records->empty()) seen = std::string(records->at(0).value);
  }
  EXPECT_EQ(seen, "b");
  EXPECT_EQ(*appended.get(), 2);
}

TEST(KafkaLog, LogThatLostItsTailSaysSoAndTakesAppendsAgain) {
  Cluster cluster;
  const KafkaLogOptions options = NewTopic(cluster);
  auto log = NewLog(options);
  for (const char* value : {"a", "b", "c", "d"}) {
    ASSERT_TRUE(AppendValue(log.get(), 0, value).ok());
  }
  const auto cursor = log->Read(0, 5);
  ASSERT_TRUE(cursor.ok()) << cursor.status();
  cluster.Terminate();
  cluster.Truncate(options.topic, 0, 3);
  cluster.Start();

  absl::Status cut;
  const absl::Time give_up = absl::Now() + kTestPatience;
  while (!absl::IsOutOfRange(cut) && absl::Now() < give_up) {
    cut = (*cursor)->Next(10, 1000, absl::Now() + absl::Seconds(1)).status();
  }
  EXPECT_EQ(ReasonOf(cut), "LOG_CUT") << cut;
  EXPECT_EQ(ReasonOf(log->Read(0, 5).status()), "LOG_CUT");
  // The broker knows less of this producer than it does itself: librdkafka gives such a one up.
  absl::StatusOr<int64_t> again = absl::UnknownError("not tried");
  while (!(again = AppendValue(log.get(), 0, "new")).ok() && absl::Now() < give_up) {
    EXPECT_EQ(again.status().code(), absl::StatusCode::kUnavailable) << again.status();
  }
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(Show(ReadToEnd(log.get(), 0, 0)), "0:manifest 1:a 2:b 3:new");
}

}  // namespace
}  // namespace carnet::event_log
