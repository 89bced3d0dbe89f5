// Reads one partition of one topic from an offset on, and asks where partitions begin and end.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "event_log/kafka/connection.h"

struct rd_kafka_s;
struct rd_kafka_topic_s;
struct rd_kafka_queue_s;
struct rd_kafka_message_s;

namespace carnet::event_log {

// A message read; its bytes live as long as it, and it not longer than its consumer.
class Message {
 public:
  explicit Message(rd_kafka_message_s* message) : message_(message) {}

  int64_t offset() const;
  std::string_view key() const;  // empty: none, too
  std::string_view value() const;
  bool is_tombstone() const;

 private:
  struct Deleter {
    void operator()(rd_kafka_message_s* message) const;
  };
  std::unique_ptr<rd_kafka_message_s, Deleter> message_;
};

// Belongs to no group and stores no offset: whoever reads keeps its own position. One thread, but
// for Wake().
//
// A consumer is never sought or paused: with librdkafka 2.0 that may lose messages. Start() begins
// anew, with a queue of its own.
class Consumer {
 public:
  struct Options {
    size_t max_prefetched_bytes = size_t{48} << 20;
    // How long the broker keeps a question open while there is nothing new. A Start() meanwhile
    // waits for it: short for whoever only looks something up.
    absl::Duration long_poll = absl::Milliseconds(250);
  };
  // Error: INVALID_ARGUMENT(KAFKA_SETTING).
  static absl::StatusOr<std::unique_ptr<Consumer>> Make(const KafkaConnection& connection,
                                                        const Options& options);
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // Messages come from here on; what was read before, of another partition or offset, has ended.
  absl::Status Start(const std::string& topic, int32_t partition, int64_t offset);
  void Stop();

  struct Event {
    std::optional<Message> message;
    std::optional<int64_t> end;  // the partition has no more at the moment: its end
  };
  // What comes next; an empty event when the deadline passes or Wake() is called. Errors:
  // OUT_OF_RANGE(LOG_CUT): the partition does not hold the offset any more, and nothing more will
  // come; UNAVAILABLE(KAFKA): a connection broke, or the partition can't be read at the moment. It
  // is tried again without being asked; but the log that comes back may be another one, so whoever
  // goes on should look first. Such an error comes before any message that was read after it.
  absl::StatusOr<Event> Poll(absl::Time deadline);

  // Where the partition ended when the broker last sent something of it; 0: nothing yet. Asks
  // nobody.
  int64_t KnownEnd() const;

  // From any thread: makes a Poll() that waits return, now or the next time.
  void Wake();

 private:
  Consumer() = default;
  static void OnError(rd_kafka_s*, int error, const char* reason, void* consumer);

  // Constant once made.
  rd_kafka_s* client_ = nullptr;
  rd_kafka_queue_s* queue_ = nullptr;  // one for life: Wake() must find it

  std::string trouble_;                // with a connection, since the last Poll(); empty: none
  rd_kafka_topic_s* topic_ = nullptr;  // null: stopped
  int32_t partition_ = -1;
};

// First offset, and the one after the last record. Waits for the broker, up to some seconds. Any
// thread. Error: UNAVAILABLE(KAFKA).
class OffsetQueries {
 public:
  static absl::StatusOr<std::unique_ptr<OffsetQueries>> Make(const KafkaConnection& connection);
  ~OffsetQueries();
  OffsetQueries(const OffsetQueries&) = delete;
  OffsetQueries& operator=(const OffsetQueries&) = delete;

  absl::StatusOr<std::pair<int64_t, int64_t>> FirstAndEnd(const std::string& topic,
                                                          int32_t partition);

 private:
  explicit OffsetQueries(rd_kafka_s* client) : client_(client) {}

  // So that the client looks who leads them as soon as a broker is gone; else it would go on asking
  // that one.
  void Follow(const std::string& topic);

  rd_kafka_s* const client_;
  std::mutex mutex_;
  std::map<std::string, rd_kafka_topic_s*> followed_;  // guarded by mutex_
};

}  // namespace carnet::event_log
