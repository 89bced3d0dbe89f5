#include "projector/subscriptions.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/time/clock.h"

namespace carnet::projector_service {

Subscriptions::Subscriptions(projection::Projector* projector, absl::Duration patience)
    : patience_(patience), thread_([this] { Run(); }) {
  for (const int32_t partition : projector->partitions()) {
    listening_.push_back(projector->OnAdvance(partition, [this, partition] {
      const std::lock_guard lock(mutex_);
      if (entries_.empty() || !advanced_.insert(partition).second) return;
      noted_.notify_one();
    }));
  }
}

Subscriptions::~Subscriptions() {
  listening_.clear();
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  noted_.notify_one();
  thread_.join();
}

void Subscriptions::Add(int32_t partition, std::shared_ptr<Subscription> subscription) {
  const std::lock_guard lock(mutex_);
  entries_.push_back({.partition = partition, .subscription = std::move(subscription)});
}

size_t Subscriptions::count() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void Subscriptions::Run() {
  // Patience is right to a tenth, and what is over is let go of within a second.
  const absl::Duration round = std::clamp(patience_ / 10, absl::Milliseconds(1), absl::Seconds(1));
  absl::Time next_round = absl::Now() + round;
  std::unique_lock lock(mutex_);
  while (!stop_) {
    noted_.wait_until(lock, absl::ToChronoTime(next_round),
                      [this] { return stop_ || !advanced_.empty(); });
    const absl::Time now = absl::Now();
    const bool look_at_clocks = now >= next_round;
    if (look_at_clocks) {
      next_round = now + round;
      std::erase_if(entries_, [](const Entry& entry) { return entry.subscription->over(); });
    }
    std::set<int32_t> advanced;
    advanced.swap(advanced_);
    std::vector<Entry> entries = entries_;
    lock.unlock();
    for (const Entry& entry : entries) {
      if (advanced.contains(entry.partition)) entry.subscription->Wake();
      if (look_at_clocks) entry.subscription->EndIfStuckSince(now - patience_);
    }
    entries.clear();
    lock.lock();
  }
}

}  // namespace carnet::projector_service
