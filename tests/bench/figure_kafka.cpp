// The log on Kafka: one broker on this machine, two partitions, as shipped otherwise.
//
// FLOOR: one thread consumes all records of the log with librdkafka, in batches, and parses them in
// an arena, while carnetd is down; once before to warm the page cache. librdkafka's own threads
// help it, as they help carnetd.
//
// Publish to visible, apart: a gateway and a projector, a process each. Every millisecond one
// change is published at the gateway and its customer's balance read there with the token, as in
// figure_visible.cpp; against produce to consume of as many bytes at the same pace, librdkafka at
// both ends without lingering, acks=all.
//
// Log copy: `carnet log copy`, a process, from Kafka to a folder and from that folder to other
// topics; each with reading everything back and comparing hashes. Time runs from start to end of
// the process.
#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include <google/protobuf/arena.h>
#include <librdkafka/rdkafka.h>

#include "carnet/log/v1/log.pb.h"
#include "event_log/kafka/kafka_log.h"
#include "tests/bench/bench.h"
#include "tests/bench/check.h"
#include "tests/bench/clocks.h"
#include "tests/bench/folded.h"
#include "tests/bench/load.h"
#include "tests/bench/published.h"
#include "tests/kafka/cluster.h"
#include "tests/simulation/process.h"
#include "vault/kafka_key_store.h"

namespace carnet::bench {
namespace {

constexpr char kTopic[] = "carnet.changes.v1";
constexpr char kKeysTopic[] = "carnet.keys.v1";
constexpr char kRawTopic[] = "floor";
constexpr int kPartitions = 2;
constexpr int kPatienceMs = 60'000;
constexpr double kMostSeconds = 600;

struct Destroy {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using Client = std::unique_ptr<rd_kafka_t, Destroy>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroy>;
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t, Destroy>;

Client MakeClient(rd_kafka_type_t type, const std::string& brokers,
                  const std::vector<std::pair<const char*, const char*>>& more) {
  char error[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  Check(rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), error, sizeof error) ==
            RD_KAFKA_CONF_OK,
        error);
  for (const auto& [name, value] : more) {
    Check(rd_kafka_conf_set(conf, name, value, error, sizeof error) == RD_KAFKA_CONF_OK, error);
  }
  rd_kafka_t* client = rd_kafka_new(type, conf, error, sizeof error);
  Check(client != nullptr, error);
  return Client(client);
}

Client MakeConsumer(const std::string& brokers) {
  Client consumer = MakeClient(
      RD_KAFKA_CONSUMER, brokers,
      {{"group.id", "bench"}, {"enable.auto.commit", "false"}, {"fetch.wait.max.ms", "10"}});
  rd_kafka_poll_set_consumer(consumer.get());
  return consumer;
}

void Assign(rd_kafka_t* consumer, const char* topic, int partitions, int64_t from) {
  const Partitions list(rd_kafka_topic_partition_list_new(partitions));
  for (int i = 0; i < partitions; ++i)
    rd_kafka_topic_partition_list_add(list.get(), topic, i)->offset = from;
  Check(rd_kafka_assign(consumer, list.get()) == RD_KAFKA_RESP_ERR_NO_ERROR, "assign");
}

// A topic of one partition.
void MakeRawTopic(rd_kafka_t* client) {
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(kRawTopic, 1, 1, nullptr, 0);
  const Queue queue(rd_kafka_queue_new(client));
  rd_kafka_CreateTopics(client, &topic, 1, nullptr, queue.get());
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue.get(), kPatienceMs);
  Check(event != nullptr && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR,
        "making a topic");
  rd_kafka_event_destroy(event);
  rd_kafka_NewTopic_destroy(topic);
}

// Milliseconds from when each was due to its coming back.
std::vector<double> ProduceAndConsume(const std::string& brokers,
                                      const std::vector<Change>& changes) {
  const Client producer =
      MakeClient(RD_KAFKA_PRODUCER, brokers, {{"linger.ms", "0"}, {"acks", "all"}});
  MakeRawTopic(producer.get());
  const Client consumer = MakeConsumer(brokers);
  Assign(consumer.get(), kRawTopic, 1, 0);

  std::vector<double> milliseconds;
  std::thread reader([&] {
    while (milliseconds.size() < changes.size()) {
      rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer.get(), kPatienceMs);
      Check(message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR, "consuming");
      double due = 0;
      std::memcpy(&due, message->payload, sizeof due);
      // One more comes first, when all is connected.
      if (due != 0) milliseconds.push_back((Now() - due) * 1e3);
      rd_kafka_message_destroy(message);
    }
  });
  const auto produce = [&](std::string payload, double due) {
    payload.insert(0, reinterpret_cast<const char*>(&due), sizeof due);
    Check(rd_kafka_producev(producer.get(), RD_KAFKA_V_TOPIC(kRawTopic), RD_KAFKA_V_PARTITION(0),
                            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                            RD_KAFKA_V_VALUE(payload.data(), payload.size()),
                            RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR_NO_ERROR,
          "producing");
    rd_kafka_poll(producer.get(), 0);
  };
  produce("first", 0);
  Check(rd_kafka_flush(producer.get(), kPatienceMs) == RD_KAFKA_RESP_ERR_NO_ERROR, "flushing");
  const auto begin = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  for (size_t i = 0; i < changes.size(); ++i) {
    const auto due = begin + std::chrono::milliseconds(i);
    const std::string payload = ToPublished(changes[i]).SerializeAsString();
    std::this_thread::sleep_until(due);
    produce(payload, std::chrono::duration<double>(due.time_since_epoch()).count());
  }
  rd_kafka_flush(producer.get(), kPatienceMs);
  reader.join();
  return milliseconds;
}

void Copy(const Bench& bench, const std::string& from, const std::string& to) {
  simulation::Process process(
      {.arguments = {bench.options.carnet, "log", "copy", from, to, "--output=json",
                     "--development", "--replicas=1", absl::StrCat("--partitions=", kPartitions),
                     "--root-key-file", bench.options.folder + "/root.key"},
       .environment = {},
       .error_file = bench.options.folder + "/copy.stderr"});
  Check(process.Wait() == 0, "log copy: " + process.StandardError());
}

}  // namespace

void StartKafka(Bench* bench) {
  const std::string& folder = bench->options.folder;
  bench->kafka = std::make_unique<kafka_cluster::Cluster>(1, folder + "/kafka");
  const event_log::KafkaConnection connection{.brokers = bench->kafka->bootstrap(),
                                              .properties = {}};
  Check(vault::InitKafkaKeyTopic({.connection = connection, .development = true}, 1),
        "making the topic of keys");
  Check(event_log::InitKafkaLog({.connection = connection, .development = true}, kPartitions, 1)
            .status(),
        "making the log");
  std::ofstream(folder + "/root.key") << std::string(32, 'k');
  std::filesystem::permissions(folder + "/root.key", std::filesystem::perms(0600));
}

Parsed ParseKafka(const Bench& bench) {
  constexpr size_t kRecords = 1000;
  constexpr int kBatchMs = 5;  // for a batch that does not get full
  const Client consumer = MakeConsumer(bench.kafka->bootstrap());
  Assign(consumer.get(), kTopic, kPartitions, RD_KAFKA_OFFSET_BEGINNING);
  const Queue queue(rd_kafka_queue_get_consumer(consumer.get()));
  google::protobuf::Arena arena;
  std::vector<rd_kafka_message_t*> messages(kRecords);
  int open = 0;
  for (const int64_t end : bench.ends) open += end > 0;
  int64_t records = 0;
  size_t bytes = 0;
  const double cpu = ProcessCpu();
  const double begin = Now();
  while (open > 0) {
    const ssize_t count =
        rd_kafka_consume_batch_queue(queue.get(), kBatchMs, messages.data(), kRecords);
    Check(count >= 0 && Now() - begin < kMostSeconds, "consuming");
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* message = messages[static_cast<size_t>(i)];
      Check(message->err == RD_KAFKA_RESP_ERR_NO_ERROR, rd_kafka_err2str(message->err));
      auto* record = google::protobuf::Arena::CreateMessage<log::v1::LogRecord>(&arena);
      Check(record->ParseFromArray(message->payload, static_cast<int>(message->len)),
            "a record that can't be parsed");
      ++records;
      bytes += message->len;
      if (message->offset + 1 == bench.ends.at(static_cast<size_t>(message->partition))) --open;
      rd_kafka_message_destroy(message);
    }
    arena.Reset();
  }
  const auto count = static_cast<double>(records);
  return {.per_second = count / (Now() - begin),
          .cpu_us = (ProcessCpu() - cpu) / count * 1e6,
          .bytes = static_cast<double>(bytes) / count};
}

void MeasureVisibleApart(Bench* bench) {
  const auto projector = bench->StartRole("projector", {"--roles=projector"});
  const auto gateway = bench->StartRole(
      "gateway", {"--roles=gateway", "--gateway-projectors=" + projector->address()});
  WaitUntilFolded(*projector, bench->ends, bench->changes);
  std::vector<Change> changes;
  for (int64_t i = 0; i < bench->options.visible_calls; ++i) changes.push_back(bench->day.Next());
  std::vector<double> floor = ProduceAndConsume(bench->kafka->bootstrap(), changes);
  const Visible carnet = MeasureVisibleAt(*gateway, changes);
  const double floor_p99 = Percentile(&floor, 0.99);
  bench->report.Add(
      {.name = "publish to visible, apart, p99",
       .number = carnet.p99_ms,
       .unit = "ms",
       .floor_name = "produce to consume of the same",
       .floor = floor_p99,
       .ratio = carnet.p99_ms / floor_p99,
       .must = 6,
       .aim = 2,
       .at_most = true,
       .note = absl::StrCat("at 1,000/s; p50 ", Number(carnet.p50_ms), " ms, the floor's ",
                            Number(Percentile(&floor, 0.5)), " ms")});
  gateway->Stop();
  projector->Stop();
}

void MeasureLogCopy(Bench* bench) {
  const std::string kafka = "kafka://" + bench->kafka->bootstrap() + "/";
  const std::string folder = bench->options.folder + "/copy";
  const std::pair<std::string, std::string> ways[] = {{kafka + kTopic + "/" + kKeysTopic, folder},
                                                      {folder, kafka + "copied/copied-keys"}};
  for (const auto& [from, to] : ways) {
    const double begin = Now();
    Copy(*bench, from, to);
    const double seconds = Now() - begin;
    // What is copied holds at least what was published before.
    const double rate = static_cast<double>(bench->options.changes) / seconds;
    bench->report.Add({.name = to == folder ? "log copy to a folder" : "log copy to Kafka",
                       .number = rate,
                       .unit = "changes/s",
                       .floor_name = "FLOOR",
                       .floor = bench->parse,
                       .ratio = rate / bench->parse,
                       .must = 0.10,
                       .aim = 0.30,
                       .note = absl::StrCat(Number(seconds), " s with keys and verification")});
  }
}

}  // namespace carnet::bench
