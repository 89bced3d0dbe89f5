// librdkafka's handles as owning types. For this folder's .cpp files only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include <librdkafka/rdkafka.h>

#include "event_log/kafka/connection.h"

namespace carnet::event_log {

struct ConfDeleter {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using ConfHandle = std::unique_ptr<rd_kafka_conf_t, ConfDeleter>;

struct TopicDeleter {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, TopicDeleter>;

struct MetadataDeleter {
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};
using MetadataHandle = std::unique_ptr<const rd_kafka_metadata_t, MetadataDeleter>;

struct EventDeleter {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using EventHandle = std::unique_ptr<rd_kafka_event_t, EventDeleter>;

using Properties = std::vector<std::pair<std::string, std::string>>;

// The connection's settings, then what every client of ours has in common, then `own`.
// Error: INVALID_ARGUMENT(KAFKA_SETTING): librdkafka does not know one of them, or its value.
absl::StatusOr<ConfHandle> MakeConf(const KafkaConnection& connection, const Properties& own);

// Asserts that there is a client: only a machine without threads or memory has none.
rd_kafka_t* MakeClient(rd_kafka_type_t type, ConfHandle conf);

// UNAVAILABLE(KAFKA) with librdkafka's words, unless the error is one that trying again can't mend:
// FAILED_PRECONDITION(LOG_READ_ONLY): no right; INVALID_ARGUMENT(RECORD_TOO_LARGE).
absl::Status KafkaError(rd_kafka_resp_err_t error, std::string_view doing);

}  // namespace carnet::event_log
