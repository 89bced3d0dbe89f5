#include "event_log/kafka/kafka_cursor.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

#include "base/error.h"
#include "base/fatal.h"

namespace carnet::event_log {
namespace {

constexpr size_t kFewestIdle = 2;
constexpr size_t kMostIdle = 4;

// What this process knows to be in the log is on its way to the cursor, and waited for even when
// its deadline has passed.
constexpr absl::Duration kOnItsWay = absl::Seconds(5);

}  // namespace

ConsumerPool::ConsumerPool(KafkaConnection connection, const Consumer::Options& options)
    : connection_(std::move(connection)), options_(options) {}

std::unique_ptr<Consumer> ConsumerPool::Take() {
  {
    const std::lock_guard lock(mutex_);
    // The one that has rested longest: no question of its last partition is open any more.
    if (idle_.size() >= kFewestIdle) {
      std::unique_ptr<Consumer> consumer = std::move(idle_.front());
      idle_.pop_front();
      return consumer;
    }
  }
  auto consumer = Consumer::Make(connection_, options_);
  CARNET_ASSERT(consumer.ok());
  return *std::move(consumer);
}

void ConsumerPool::Give(std::unique_ptr<Consumer> consumer) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMostIdle) idle_.push_back(std::move(consumer));
}

KafkaCursor::KafkaCursor(std::unique_ptr<Consumer> consumer, ConsumerPool* pool, int64_t offset,
                         const std::atomic<int64_t>* acknowledged)
    : consumer_(std::move(consumer)), pool_(pool), acknowledged_(acknowledged), position_(offset) {}

KafkaCursor::~KafkaCursor() {
  batch_.clear();
  held_.reset();
  consumer_->Stop();
  pool_->Give(std::move(consumer_));
}

void KafkaCursor::Wake() {
  woken_ = true;
  consumer_->Wake();
}

absl::StatusOr<std::optional<Message>> KafkaCursor::Take(absl::Time deadline) {
  if (held_) return std::exchange(held_, std::nullopt);
  while (true) {
    auto event = consumer_->Poll(deadline);
    if (!event.ok()) return event.status();
    if (event->message && event->message->offset() >= position_) return std::move(event->message);
    // Where the partition ends is no news here; a yield may come late, from an earlier Wake().
    if (!event->message && !event->end) return std::nullopt;
  }
}

absl::StatusOr<std::optional<Message>> KafkaCursor::WaitForFirst(absl::Time deadline) {
  auto first = Take(absl::InfinitePast());
  if (!first.ok() || first->has_value()) return first;
  const absl::Time begin = absl::Now();
  while (true) {
    if (woken_.exchange(false)) return std::nullopt;
    const bool on_its_way = position_ < acknowledged_->load();
    const absl::Time until = on_its_way ? std::max(deadline, begin + kOnItsWay) : deadline;
    if (absl::Now() >= until) return std::nullopt;
    first = Take(until);
    if (!first.ok() || first->has_value()) return first;
  }
}

absl::StatusOr<std::vector<StoredRecord>> KafkaCursor::Next(size_t max_records, size_t max_bytes,
                                                            absl::Time deadline) {
  if (!cut_.ok()) return cut_;
  if (!trouble_.ok()) return std::exchange(trouble_, absl::OkStatus());
  batch_.clear();
  auto message = WaitForFirst(deadline);
  size_t bytes = 0;
  std::vector<StoredRecord> records;
  while (message.ok() && message->has_value()) {
    bytes += (*message)->key().size() + (*message)->value().size();
    if (!batch_.empty() && bytes > max_bytes) {
      held_ = *std::move(message);
      break;
    }
    records.push_back(
        {.offset = (*message)->offset(), .key = (*message)->key(), .value = (*message)->value()});
    batch_.push_back(**std::move(message));
    position_ = records.back().offset + 1;
    if (records.size() >= max_records) break;
    message = Take(absl::InfinitePast());
  }
  end_ = std::max(end_, consumer_->KnownEnd());
  if (message.ok()) return records;
  if (absl::IsOutOfRange(message.status())) cut_ = message.status();
  // What was read before the error is good, and comes first; nothing comes past it.
  if (records.empty()) return message.status();
  trouble_ = message.status();
  return records;
}

}  // namespace carnet::event_log
