// Puts records into one topic, each durable on all in-sync replicas before it is acknowledged.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "event_log/kafka/connection.h"

struct rd_kafka_s;
struct rd_kafka_topic_s;
struct rd_kafka_message_s;

namespace carnet::event_log {

// Idempotent, acks=all. All functions may be called from any thread.
//
// What the broker does not acknowledge in time is *unknown*: it may be there once, or not at all.
// When librdkafka gives a producer up (a fatal error: a sequence that the broker does not know any
// more), all that is under way is answered unknown, and another producer takes its place.
class Producer {
 public:
  struct Options {
    absl::Duration timeout = absl::Seconds(30);
    // Taken in and not answered yet; more is refused. One call is always taken.
    size_t max_queued_bytes = size_t{12} << 20;
  };

  // A null value is a tombstone.
  struct Message {
    std::string key;
    std::string value;
    bool tombstone = false;
  };

  // The offset of each message in order; or UNAVAILABLE: unknown, but for LOG_BUSY, which was
  // refused; FAILED_PRECONDITION(LOG_READ_ONLY), INVALID_ARGUMENT(RECORD_TOO_LARGE): not written.
  using Answer = std::function<void(absl::StatusOr<std::vector<int64_t>> offsets)>;

  // Error: INVALID_ARGUMENT(KAFKA_SETTING). Does not wait for the broker.
  static absl::StatusOr<std::unique_ptr<Producer>> Make(const KafkaConnection& connection,
                                                        const std::string& topic,
                                                        const Options& options);
  // Finishes what is under way, or gives it up when its time is over; answers it.
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // `done` is called once, from this producer's own thread; it must be quick. A `refused` that is
  // not OK is answered so, and nothing is sent. Messages of calls that follow each other in one
  // thread stand in that order, if both are acknowledged.
  void Produce(int32_t partition, const std::vector<Message>& messages, absl::Status refused,
               Answer done);

 private:
  struct Call;
  struct Slot;
  class Client;

  Producer(KafkaConnection connection, std::string topic, const Options& options);
  std::unique_ptr<Client> NewClient() const;
  void Run();
  void ServeRefused();
  void Replace();
  static void Delivered(rd_kafka_s*, const rd_kafka_message_s* message, void* producer);
  void Settle(Slot* slot, absl::Status status, int64_t offset);

  const KafkaConnection connection_;
  const std::string topic_;
  const Options options_;

  std::atomic<size_t> queued_bytes_ = 0;
  std::atomic<bool> stopping_ = false;

  std::mutex mutex_;
  // Guarded by mutex_. The thread alone replaces the client.
  std::unique_ptr<Client> client_;
  std::deque<std::pair<Slot*, absl::Status>> refused_;  // never sent; the thread answers them

  std::thread thread_;
};

}  // namespace carnet::event_log
