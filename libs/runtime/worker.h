// A thread for what must not be done where it becomes possible.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace carnet::runtime {

// Runs tasks one after the other in a thread of its own. Post() may be called from any thread.
class Worker {
 public:
  Worker();
  // Runs what was posted, then ends. No Post() may be under way or come later.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Post(std::function<void()> task);

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> tasks_;
  bool stop_ = false;

  std::thread thread_;  // last: begins when the rest is there
};

}  // namespace carnet::runtime
