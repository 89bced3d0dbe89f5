// The log as one Kafka topic: as many partitions as the log, the merchant as key.
//
// What the topic has to be: cleanup.policy=delete, retention.ms=-1, retention.bytes=-1,
// unclean.leader.election.enable=false, min.insync.replicas of 2 or more, max.message.bytes as
// below. Opening checks it and says what to change.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "event_log/event_log.h"
#include "event_log/kafka/connection.h"

namespace carnet::event_log {

// The topic's max.message.bytes: the largest record and what Kafka puts around it.
inline constexpr size_t kMaxMessageBytes = kMaxRecordBytes + (size_t{64} << 10);

struct KafkaLogOptions {
  KafkaConnection connection;
  std::string topic = "carnet.changes.v1";
  // What was taken out of logs, of all of this Kafka.
  std::string quarantine_topic = "carnet.quarantine.v1";
  // One broker may pass: min.insync.replicas is not looked at.
  bool development = false;
  // An append without an answer by then is unknown.
  absl::Duration append_timeout = absl::Seconds(30);
  // Appends taken in and not answered yet; more are answered UNAVAILABLE(LOG_BUSY).
  size_t max_queued_bytes = size_t{12} << 20;
  // What each cursor reads ahead of its position.
  size_t max_prefetched_bytes = size_t{48} << 20;
};

// Makes the topics if they are not there, and a manifest at offset 0 of each partition that has
// none. Safe to repeat, after a crash too, and by several at once: whose manifest stands first in
// partition 0 says the log's id. Errors: INVALID_ARGUMENT(PARTITION_COUNT);
// FAILED_PRECONDITION(PARTITION_COUNT): it is there with another count;
// FAILED_PRECONDITION(TOPIC_NOT_MADE), and those of OpenKafkaLog() but LOG_MISSING.
absl::StatusOr<Identity> InitKafkaLog(const KafkaLogOptions& options, int32_t partition_count,
                                      int32_t replicas);

// Opens it. Errors, each with a message that says what to do:
//   NOT_FOUND(LOG_MISSING)                  no topic, or no manifest in it yet
//   FAILED_PRECONDITION(NOT_A_LOG)          something else stands there
//   FAILED_PRECONDITION(TOPIC_SETTINGS)     the topic could lose what it acknowledged
//   FAILED_PRECONDITION(PARTITION_COUNT)    partitions were added
//   NOT_FOUND(TOPIC_MISSING)                no topic of quarantine entries
//   OUT_OF_RANGE(LOG_CUT)                   its beginning is gone
//   INVALID_ARGUMENT(KAFKA_SETTING), UNAVAILABLE(KAFKA)
absl::StatusOr<std::unique_ptr<EventLog>> OpenKafkaLog(const KafkaLogOptions& options);

}  // namespace carnet::event_log
