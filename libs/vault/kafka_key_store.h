// The key store of several machines: a compacted Kafka topic of one partition, which every process
// reads whole and keeps in memory (about 250 bytes a key).
//
// A key is acknowledged by all in-sync replicas before Persist() returns, and so before anything
// sealed with it is appended to the log. Whoever meets a key id that it does not know reads the
// topic up to its end before it says that there is none. Two gateways that make keys of one source
// record at once leave two, and both open; of two that make a merchant's keys, the first in the
// topic counts, for both.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "event_log/kafka/connection.h"
#include "vault/key.h"
#include "vault/key_store.h"

namespace carnet::vault {

struct KafkaKeyStoreOptions {
  event_log::KafkaConnection connection;
  std::string topic = "carnet.keys.v1";
  bool development = false;  // as KafkaLogOptions has it
  absl::Duration timeout = absl::Seconds(30);
};

// Makes the topic if it is not there. Errors as OpenKafkaKeyStore(), and
// FAILED_PRECONDITION(TOPIC_NOT_MADE).
absl::Status InitKafkaKeyTopic(const KafkaKeyStoreOptions& options, int32_t replicas);

// Whether somebody has bound the topic to a root key already. Errors as OpenKafkaKeyStore().
absl::StatusOr<bool> KafkaKeyTopicIsBound(const KafkaKeyStoreOptions& options);

// Reads the topic to its end. The first opening binds it to its root key.
//
// Erasure: Erase() returns when tombstones are durable and this process has forgotten the keys;
// other processes forget them at once. The brokers' files hold them until they are compacted: for
// segment.ms (until the segment is closed, which whoever has the store open sees to) and
// max.compaction.lag.ms, then until the cleaner comes and the old file is deleted (seconds, and
// file.delete.delay.ms): an hour and a quarter with the settings of InitKafkaKeyTopic(). A topic
// that would keep them for more than a day is refused.
//
// Errors: FAILED_PRECONDITION(ROOT_KEY_MISMATCH, TOPIC_SETTINGS), NOT_FOUND(TOPIC_MISSING),
// INVALID_ARGUMENT(KAFKA_SETTING), UNAVAILABLE(KAFKA).
absl::StatusOr<std::unique_ptr<DurableKeyStore>> OpenKafkaKeyStore(
    const KafkaKeyStoreOptions& options, const Key& root);

}  // namespace carnet::vault
