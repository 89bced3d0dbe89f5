#include "event_log/kafka/handles.h"

#include <array>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "base/fatal.h"

namespace carnet::event_log {
namespace {

constexpr size_t kMessageBytes = 512;

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

absl::Status Set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, kMessageBytes> message;
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), message.data(), message.size()) ==
      RD_KAFKA_CONF_OK) {
    return absl::OkStatus();
  }
  return Error(absl::StatusCode::kInvalidArgument, "KAFKA_SETTING",
               absl::StrCat("Kafka setting ", name, ": ", message.data()));
}

// A broker that went away is an ordinary event, answered where it matters; librdkafka would write
// about it to standard error.
void Silent(const rd_kafka_t*, int, const char*, const char*) {}

}  // namespace

absl::StatusOr<ConfHandle> MakeConf(const KafkaConnection& connection, const Properties& own) {
  ConfHandle conf(rd_kafka_conf_new());
  for (const auto& [name, value] : connection.properties) {
    if (absl::Status status = Set(conf.get(), name, value); !status.ok()) return status;
  }
  const Properties common = {
      {"bootstrap.servers", connection.brokers},
      {"client.id", "carnet"},
      // A broker that came back is found within a second, not within ten.
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "1000"},
      {"socket.keepalive.enable", "true"},
      {"socket.nagle.disable", "true"},
      {"topic.metadata.refresh.fast.interval.ms", "100"},
      {"allow.auto.create.topics", "false"},
      {"log.connection.close", "false"},
  };
  for (const Properties* properties : {&common, &own}) {
    for (const auto& [name, value] : *properties) {
      if (absl::Status status = Set(conf.get(), name, value); !status.ok()) return status;
    }
  }
  rd_kafka_conf_set_log_cb(conf.get(), &Silent);
  return conf;
}

rd_kafka_t* MakeClient(rd_kafka_type_t type, ConfHandle conf) {
  std::array<char, kMessageBytes> message;
  rd_kafka_t* const client = rd_kafka_new(type, conf.get(), message.data(), message.size());
  if (client == nullptr) Fatal(absl::StrCat("can't make a Kafka client: ", message.data()));
  conf.release();  // the client's now
  return client;
}

absl::Status KafkaError(rd_kafka_resp_err_t error, std::string_view doing) {
  const std::string text = absl::StrCat(View(doing), ": ", rd_kafka_err2str(error));
  switch (error) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return Error(absl::StatusCode::kFailedPrecondition, "LOG_READ_ONLY",
                   absl::StrCat(text, "; give this client the right to it, if it should have it"));
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return Error(
          absl::StatusCode::kInvalidArgument, "RECORD_TOO_LARGE",
          absl::StrCat(text, "; the topic's max.message.bytes is lower than it should be"));
    default:
      return Error(absl::StatusCode::kUnavailable, "KAFKA", text);
  }
}

}  // namespace carnet::event_log
