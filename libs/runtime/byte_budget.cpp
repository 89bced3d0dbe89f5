#include "runtime/byte_budget.h"

#include <utility>

namespace carnet::runtime {

bool ByteBudget::TryTake(size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (used_ + bytes > limit_) return false;
  used_ += bytes;
  return true;
}

void ByteBudget::Take(size_t bytes) {
  const std::lock_guard lock(mutex_);
  used_ += bytes;
}

void ByteBudget::Give(size_t bytes) {
  std::vector<std::function<void()>> ready;
  {
    const std::lock_guard lock(mutex_);
    used_ -= bytes;
    if (used_ < limit_) ready.swap(waiting_);
  }
  for (const auto& room : ready) room();
}

bool ByteBudget::WaitForRoom(std::function<void()> room) {
  const std::lock_guard lock(mutex_);
  if (used_ < limit_) return false;
  waiting_.push_back(std::move(room));
  return true;
}

size_t ByteBudget::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

}  // namespace carnet::runtime
