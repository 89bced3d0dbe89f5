// Topics as the broker describes them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

#include "base/error.h"
#include "event_log/kafka/connection.h"

struct rd_kafka_s;

namespace carnet::event_log {

struct TopicDescription {
  int32_t partitions = 0;
  int32_t replicas = 0;                         // of the partition that has fewest
  std::map<std::string, std::string> settings;  // all, defaults of the broker's too
};

// All functions wait for the broker, up to some ten seconds, and may be called from any thread.
// Errors: UNAVAILABLE(KAFKA), FAILED_PRECONDITION(LOG_READ_ONLY): no right to ask.
class Admin {
 public:
  static absl::StatusOr<std::unique_ptr<Admin>> Make(const KafkaConnection& connection);
  ~Admin();
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  // Error: NOT_FOUND(TOPIC_MISSING).
  absl::StatusOr<TopicDescription> Describe(const std::string& topic);

  // Returns when the brokers know it. Does nothing where it is there already.
  absl::Status Create(const std::string& topic, int32_t partitions, int32_t replicas,
                      const std::map<std::string, std::string>& settings);

 private:
  explicit Admin(rd_kafka_s* client) : client_(client) {}

  rd_kafka_s* const client_;
};

// Asks about a topic that was just made until there is an answer: the broker that is asked may not
// know of it yet, though the one before did. For some seconds.
template <typename Ask>
auto WhenKnown(Ask ask) {
  const absl::Time give_up = absl::Now() + absl::Seconds(15);
  while (true) {
    auto answer = ask();
    if (ReasonOf(answer.status()) != "TOPIC_MISSING" || absl::Now() > give_up) return answer;
    absl::SleepFor(absl::Milliseconds(50));
  }
}

}  // namespace carnet::event_log
