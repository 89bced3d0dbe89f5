#include "projection/listeners.h"

#include <utility>

namespace carnet::projection {

std::shared_ptr<void> Listeners::Add(std::function<void()> call) {
  auto entry = std::make_shared<Entry>();
  entry->call = std::move(call);
  {
    const std::lock_guard lock(mutex_);
    entries_.push_back(entry);
  }
  // The handle owns nothing but the right to be called: the entry itself goes with the next
  // CallAll().
  return {nullptr, [entry](void*) {
            const std::lock_guard lock(entry->mutex);
            entry->call = nullptr;
          }};
}

void Listeners::CallAll() {
  {
    const std::lock_guard lock(mutex_);
    calling_ = entries_;
  }
  bool some_gone = false;
  for (const std::shared_ptr<Entry>& entry : calling_) {
    const std::lock_guard lock(entry->mutex);
    if (entry->call) {
      entry->call();
    } else {
      some_gone = true;
    }
  }
  if (!some_gone) return;
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [](const std::shared_ptr<Entry>& entry) {
    const std::lock_guard entry_lock(entry->mutex);
    return !entry->call;
  });
}

}  // namespace carnet::projection
