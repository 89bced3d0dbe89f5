#include "gateway/http/deadlines.h"

#include <utility>

#include "absl/time/clock.h"

namespace carnet::gateway {
namespace {

// Nearly all that is due is no longer needed then: the thread need not wake up for each of it.
constexpr absl::Duration kStep = absl::Milliseconds(10);

}  // namespace

Deadlines::Deadlines() : thread_([this] { Run(); }) {}

Deadlines::~Deadlines() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Deadlines::After(absl::Duration delay, std::function<void()> act) {
  const absl::Time due =
      absl::UnixEpoch() + absl::Ceil(absl::Now() + delay - absl::UnixEpoch(), kStep);
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    is_first = due_.empty() || due < due_.begin()->first;
    due_.emplace(due, std::move(act));
  }
  if (is_first) changed_.notify_one();
}

void Deadlines::Run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (due_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const absl::Time first = due_.begin()->first;
    const absl::Time now = absl::Now();
    if (now < first) {
      changed_.wait_for(lock, absl::ToChronoMicroseconds(first - now));
      continue;
    }
    auto act = std::move(due_.begin()->second);
    due_.erase(due_.begin());
    lock.unlock();
    act();
    act = nullptr;
    lock.lock();
  }
}

}  // namespace carnet::gateway
