// The topic of quarantine entries (quarantine.h): compacted, of one partition, for all logs of a
// Kafka.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "event_log/kafka/admin.h"
#include "event_log/kafka/connection.h"
#include "event_log/kafka/consumer.h"
#include "event_log/quarantine.h"

namespace carnet::event_log {

// Makes the topic if it is not there. FAILED_PRECONDITION(TOPIC_NOT_MADE), UNAVAILABLE(KAFKA).
absl::Status InitQuarantineTopic(Admin* admin, const std::string& topic, int32_t replicas);

// Any thread. A connection is made only when there is something to read or to write.
class QuarantineTopic {
 public:
  QuarantineTopic(const Identity& identity, KafkaConnection connection, std::string topic);

  // NOT_FOUND(TOPIC_MISSING): `carnet log init` makes it. UNAVAILABLE(KAFKA).
  absl::Status Check(Admin* admin) const;

  // As EventLog has them. `queries`: how far the topic goes.
  absl::Status Add(const log::v1::QuarantineEntry& entry, OffsetQueries* queries);
  absl::StatusOr<std::vector<log::v1::QuarantineEntry>> Of(int32_t partition,
                                                           OffsetQueries* queries);

 private:
  // Reads what came since. Under the mutex.
  absl::Status CatchUp(OffsetQueries* queries);

  const KafkaConnection connection_;
  const std::string topic_;

  std::mutex mutex_;
  // Guarded by mutex_.
  QuarantineEntries entries_;
  int64_t position_ = 0;
};

}  // namespace carnet::event_log
