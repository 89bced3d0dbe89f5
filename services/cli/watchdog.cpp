#include "cli/watchdog.h"

#include <utility>

#include "absl/time/clock.h"

namespace carnet::cli {

Watchdog::Watchdog(absl::Duration patience, std::function<void()> bark)
    : patience_(patience), bark_(std::move(bark)), thread_([this] { Run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Watchdog::Expect() {
  const std::lock_guard lock(mutex_);
  due_ = absl::Now() + patience_;
  changed_.notify_all();
}

void Watchdog::Answered() {
  const std::lock_guard lock(mutex_);
  due_ = absl::InfiniteFuture();
}

bool Watchdog::barked() const {
  const std::lock_guard lock(mutex_);
  return barked_;
}

void Watchdog::Run() {
  std::unique_lock lock(mutex_);
  while (!stop_ && !barked_) {
    const absl::Duration left = due_ - absl::Now();
    if (left <= absl::ZeroDuration()) {
      barked_ = true;
    } else if (due_ == absl::InfiniteFuture()) {
      changed_.wait(lock);
    } else {
      changed_.wait_for(lock, absl::ToChronoNanoseconds(left));
    }
  }
  const bool bark = barked_;
  lock.unlock();
  if (bark) bark_();
}

}  // namespace carnet::cli
