// Things to do later, unless they are no longer needed.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "absl/time/time.h"

namespace carnet::gateway {

// One thread for all. After() may be called from any thread; what it is given should not block for
// long, and is called up to ten milliseconds late.
class Deadlines {
 public:
  Deadlines();
  // What is not yet due is forgotten.
  ~Deadlines();
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  void After(absl::Duration delay, std::function<void()> act);

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<absl::Time, std::function<void()>> due_;  // guarded by mutex_
  bool stop_ = false;                                     // guarded by mutex_
  std::thread thread_;                                    // last
};

}  // namespace carnet::gateway
