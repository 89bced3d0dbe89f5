// Reads a partition of the Kafka log.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "event_log/event_log.h"
#include "event_log/kafka/consumer.h"

namespace carnet::event_log {

// Consumers that nobody uses at the moment: a connection costs more than a read. Any thread.
class ConsumerPool {
 public:
  // `connection` is known to be good.
  ConsumerPool(KafkaConnection connection, const Consumer::Options& options);

  std::unique_ptr<Consumer> Take();
  void Give(std::unique_ptr<Consumer> consumer);  // which is stopped

 private:
  const KafkaConnection connection_;
  const Consumer::Options options_;
  std::mutex mutex_;
  std::deque<std::unique_ptr<Consumer>> idle_;  // guarded by mutex_
};

class KafkaCursor final : public Cursor {
 public:
  // `consumer` has been started at `offset`. `acknowledged`: the offset after the newest record
  // that this process knows to be durable. Pool and `acknowledged` must outlive it.
  KafkaCursor(std::unique_ptr<Consumer> consumer, ConsumerPool* pool, int64_t offset,
              const std::atomic<int64_t>* acknowledged);
  ~KafkaCursor() override;

  absl::StatusOr<std::vector<StoredRecord>> Next(size_t max_records, size_t max_bytes,
                                                 absl::Time deadline) override;
  void Wake() override;
  int64_t position() const override { return position_; }
  int64_t end() const override { return end_; }

 private:
  // The next message, if there is one by then.
  absl::StatusOr<std::optional<Message>> Take(absl::Time deadline);
  absl::StatusOr<std::optional<Message>> WaitForFirst(absl::Time deadline);

  std::unique_ptr<Consumer> consumer_;
  ConsumerPool* const pool_;
  const std::atomic<int64_t>* const acknowledged_;
  std::atomic<bool> woken_ = false;

  int64_t position_;
  int64_t end_ = 0;
  std::vector<Message> batch_;   // what the views of the last batch point into
  std::optional<Message> held_;  // read, but too much for the last batch
  absl::Status trouble_;         // met after the last batch, not told yet
  absl::Status cut_;             // once the log was cut, nothing comes any more
};

}  // namespace carnet::event_log
