#include "event_log/kafka/admin.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/error.h"
#include "base/fatal.h"
#include "event_log/kafka/handles.h"

namespace carnet::event_log {
namespace {

constexpr int kTimeoutMillis = 10'000;
// How often a topic just made is looked for.
constexpr absl::Duration kLookEvery = absl::Milliseconds(20);

struct QueueDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using QueueHandle = std::unique_ptr<rd_kafka_queue_t, QueueDeleter>;
struct OptionsDeleter {
  void operator()(rd_kafka_AdminOptions_t* options) const {
    rd_kafka_AdminOptions_destroy(options);
  }
};
using OptionsHandle = std::unique_ptr<rd_kafka_AdminOptions_t, OptionsDeleter>;
struct NewTopicDeleter {
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
};
struct ResourceDeleter {
  void operator()(rd_kafka_ConfigResource_t* resource) const {
    rd_kafka_ConfigResource_destroy(resource);
  }
};

OptionsHandle OptionsFor(rd_kafka_t* client, rd_kafka_admin_op_t operation) {
  OptionsHandle options(rd_kafka_AdminOptions_new(client, operation));
  std::array<char, 256> message;
  CARNET_ASSERT(rd_kafka_AdminOptions_set_request_timeout(options.get(), kTimeoutMillis,
                                                          message.data(), message.size()) ==
                RD_KAFKA_RESP_ERR_NO_ERROR);
  return options;
}

absl::Status Missing(const std::string& topic) {
  return Error(absl::StatusCode::kNotFound, "TOPIC_MISSING",
               absl::StrCat("there is no Kafka topic ", topic, ": `carnet log init` makes it"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Admin>> Admin::Make(const KafkaConnection& connection) {
  auto conf = MakeConf(connection, {{"socket.timeout.ms", absl::StrCat(kTimeoutMillis)}});
  if (!conf.ok()) return conf.status();
  return std::unique_ptr<Admin>(new Admin(MakeClient(RD_KAFKA_PRODUCER, *std::move(conf))));
}

Admin::~Admin() { rd_kafka_destroy(client_); }

absl::StatusOr<TopicDescription> Admin::Describe(const std::string& topic) {
  TopicDescription description;
  {
    const TopicHandle handle(rd_kafka_topic_new(client_, topic.c_str(), nullptr));
    const rd_kafka_metadata_t* raw = nullptr;
    const rd_kafka_resp_err_t error =
        rd_kafka_metadata(client_, /*all_topics=*/0, handle.get(), &raw, kTimeoutMillis);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return KafkaError(error, "describe " + topic);
    const MetadataHandle metadata(raw);
    const rd_kafka_metadata_topic_t& found = metadata->topics[0];
    if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return Missing(topic);
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return KafkaError(found.err, "describe " + topic);
    description.partitions = found.partition_cnt;
    description.replicas = found.partition_cnt > 0 ? found.partitions[0].replica_cnt : 0;
    for (int i = 0; i < found.partition_cnt; ++i) {
      description.replicas = std::min(description.replicas, found.partitions[i].replica_cnt);
    }
  }

  const std::unique_ptr<rd_kafka_ConfigResource_t, ResourceDeleter> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  rd_kafka_ConfigResource_t* resources[] = {resource.get()};
  const QueueHandle answers(rd_kafka_queue_new(client_));
  rd_kafka_DescribeConfigs(client_, resources, 1,
                           OptionsFor(client_, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS).get(),
                           answers.get());
  const EventHandle event(rd_kafka_queue_poll(answers.get(), 2 * kTimeoutMillis));
  if (event == nullptr) return KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, "describe " + topic);
  if (const auto error = rd_kafka_event_error(event.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return KafkaError(error, "describe " + topic);
  }
  size_t count = 0;
  const rd_kafka_ConfigResource_t** const found = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  if (count != 1) return KafkaError(RD_KAFKA_RESP_ERR__BAD_MSG, "describe " + topic);
  if (const auto error = rd_kafka_ConfigResource_error(found[0]);
      error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return Missing(topic);
    return KafkaError(error, "describe " + topic);
  }
  const rd_kafka_ConfigEntry_t** const entries = rd_kafka_ConfigResource_configs(found[0], &count);
  for (size_t i = 0; i < count; ++i) {
    const char* const value = rd_kafka_ConfigEntry_value(entries[i]);
    description.settings[rd_kafka_ConfigEntry_name(entries[i])] = value == nullptr ? "" : value;
  }
  return description;
}

absl::Status Admin::Create(const std::string& topic, int32_t partitions, int32_t replicas,
                           const std::map<std::string, std::string>& settings) {
  std::array<char, 512> message;
  const std::unique_ptr<rd_kafka_NewTopic_t, NewTopicDeleter> wanted(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, replicas, message.data(), message.size()));
  if (wanted == nullptr) {
    return Error(absl::StatusCode::kInvalidArgument, "KAFKA_SETTING",
                 absl::StrCat("topic ", topic, ": ", message.data()));
  }
  for (const auto& [name, value] : settings) {
    CARNET_ASSERT(rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str()) ==
                  RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  rd_kafka_NewTopic_t* topics[] = {wanted.get()};
  const QueueHandle answers(rd_kafka_queue_new(client_));
  rd_kafka_CreateTopics(client_, topics, 1,
                        OptionsFor(client_, RD_KAFKA_ADMIN_OP_CREATETOPICS).get(), answers.get());
  const EventHandle event(rd_kafka_queue_poll(answers.get(), 2 * kTimeoutMillis));
  if (event == nullptr) return KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, "make " + topic);
  if (const auto error = rd_kafka_event_error(event.get()); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return KafkaError(error, "make " + topic);
  }
  size_t count = 0;
  const rd_kafka_topic_result_t** const results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  CARNET_ASSERT(count == 1);
  const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[0]);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
    const char* const text = rd_kafka_topic_result_error_string(results[0]);
    return Error(absl::StatusCode::kFailedPrecondition, "TOPIC_NOT_MADE",
                 absl::StrCat("can't make the Kafka topic ", topic, ": ",
                              text != nullptr ? text : rd_kafka_err2str(error)));
  }
  // Made is not yet known to every broker.
  const absl::Time give_up = absl::Now() + absl::Milliseconds(kTimeoutMillis);
  while (true) {
    const auto description = Describe(topic);
    if (description.ok() && description->partitions > 0) return absl::OkStatus();
    if (absl::Now() > give_up) return description.status();
    absl::SleepFor(kLookEvery);
  }
}

}  // namespace carnet::event_log
