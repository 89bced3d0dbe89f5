// Who wants to be woken, until they let go of their handle.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace carnet::projection {

// All functions may be called from any thread.
class Listeners {
 public:
  // `call` runs in every CallAll() until the handle is dropped; dropping it waits for a call under
  // way, so it must not happen within `call`, nor under a lock that `call` takes.
  std::shared_ptr<void> Add(std::function<void()> call);

  void CallAll();

 private:
  struct Entry {
    std::mutex mutex;
    std::function<void()> call;  // guarded by mutex; empty once the handle is dropped
  };

  std::mutex mutex_;
  std::vector<std::shared_ptr<Entry>> entries_;  // guarded by mutex_
  std::vector<std::shared_ptr<Entry>> calling_;  // of the thread in CallAll()
};

}  // namespace carnet::projection
