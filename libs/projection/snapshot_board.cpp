#include "projection/snapshot_board.h"

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/error.h"

namespace carnet::projection {
namespace {

absl::Status NotServed(int32_t partition) {
  return Error(absl::StatusCode::kUnavailable, "PARTITION_NOT_SERVED",
               absl::StrCat("partition ", partition, " is not served here"));
}

absl::Status ShuttingDown() {
  return Error(absl::StatusCode::kUnavailable, "SHUTTING_DOWN",
               "the server is shutting down: ask another, or later");
}

}  // namespace

SnapshotBoard::SnapshotBoard() : timer_([this] { EndOverdueWaits(); }) {}

SnapshotBoard::~SnapshotBoard() {
  ShutDown();
  timer_.join();
}

void SnapshotBoard::Publish(int32_t partition, SnapshotPtr snapshot) {
  std::vector<ReadyCallback> ready;
  SnapshotPtr before = snapshot;  // released after the lock
  {
    const std::lock_guard lock(mutex_);
    places_[partition].newest.swap(before);
    Take(waiters_.lower_bound({partition, 0, 0}),
         waiters_.upper_bound(
             {partition, snapshot->position(), std::numeric_limits<uint64_t>::max()}),
         &ready);
  }
  for (const ReadyCallback& call : ready) call(snapshot);
}

void SnapshotBoard::Halt(int32_t partition, absl::Status why) {
  std::vector<ReadyCallback> ready;
  {
    const std::lock_guard lock(mutex_);
    places_[partition].halted = why;
    Take(waiters_.lower_bound({partition, 0, 0}), waiters_.lower_bound({partition + 1, 0, 0}),
         &ready);
  }
  for (const ReadyCallback& call : ready) call(why);
}

void SnapshotBoard::Resume(int32_t partition) {
  const std::lock_guard lock(mutex_);
  places_[partition].halted = absl::OkStatus();
}

void SnapshotBoard::ShutDown() {
  std::vector<ReadyCallback> ready;
  {
    const std::lock_guard lock(mutex_);
    shut_down_ = true;
    Take(waiters_.begin(), waiters_.end(), &ready);
  }
  earlier_deadline_.notify_all();
  for (const ReadyCallback& call : ready) call(ShuttingDown());
}

absl::StatusOr<SnapshotBoard::SnapshotPtr> SnapshotBoard::snapshot(int32_t partition) const {
  const std::lock_guard lock(mutex_);
  const auto place = places_.find(partition);
  if (place == places_.end() || place->second.newest == nullptr) return NotServed(partition);
  return place->second.newest;
}

void SnapshotBoard::WhenAt(int32_t partition, int64_t offset, absl::Time deadline,
                           ReadyCallback ready) {
  absl::StatusOr<SnapshotPtr> answer = absl::UnknownError("");
  {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(partition);
    if (place == places_.end() || place->second.newest == nullptr) {
      answer = NotServed(partition);
    } else if (place->second.newest->position() >= offset) {
      answer = place->second.newest;
    } else if (!place->second.halted.ok()) {
      answer = place->second.halted;
    } else if (shut_down_) {
      answer = ShuttingDown();
    } else {
      const WaitKey key{partition, offset, ++next_number_};
      if (deadline <= absl::Now()) {
        answer = Behind(key);
      } else {
        if (deadline != absl::InfiniteFuture()) {
          const auto entry = deadlines_.emplace(std::pair(deadline, key.number), key).first;
          if (entry == deadlines_.begin()) earlier_deadline_.notify_all();
        }
        waiters_.emplace(key, Waiter{deadline, std::move(ready)});
        return;
      }
    }
  }
  ready(std::move(answer));
}

void SnapshotBoard::Take(Waiters::iterator first, Waiters::iterator last,
                         std::vector<ReadyCallback>* out) {
  for (auto waiter = first; waiter != last; ++waiter) {
    deadlines_.erase({waiter->second.deadline, waiter->first.number});
    out->push_back(std::move(waiter->second.ready));
  }
  waiters_.erase(first, last);
}

absl::Status SnapshotBoard::Behind(const WaitKey& key) const {
  const std::string position = absl::StrCat(places_.at(key.partition).newest->position());
  const std::string wanted = absl::StrCat(key.offset);
  absl::Status status =
      Error(absl::StatusCode::kUnavailable, "BEHIND",
            absl::StrCat("the views of partition ", key.partition, " are at position ", position,
                         ", not yet at ", wanted, ": ask again"));
  AddErrorMetadata("position", position, &status);
  AddErrorMetadata("wanted", wanted, &status);
  return status;
}

void SnapshotBoard::EndOverdueWaits() {
  std::unique_lock lock(mutex_);
  while (!shut_down_) {
    if (deadlines_.empty()) {
      earlier_deadline_.wait(lock);
      continue;
    }
    const absl::Time next = deadlines_.begin()->first.first;
    if (next > absl::Now()) {
      earlier_deadline_.wait_until(lock, absl::ToChronoTime(next));
      continue;
    }
    const WaitKey key = deadlines_.begin()->second;
    const auto waiter = waiters_.find(key);
    std::vector<ReadyCallback> overdue;
    Take(waiter, std::next(waiter), &overdue);
    const absl::Status status = Behind(key);
    lock.unlock();
    overdue.front()(status);
    lock.lock();
  }
}

}  // namespace carnet::projection
