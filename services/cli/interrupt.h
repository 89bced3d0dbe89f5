// Ctrl-C as a request to end well.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace carnet::cli {

// While it lives, SIGINT and SIGTERM call `end` in a thread of its own instead of ending the
// process. To be made before any other thread: threads made later inherit that they leave these
// signals alone.
class Interrupt {
 public:
  explicit Interrupt(std::function<void()> end);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool came() const { return came_; }

 private:
  const int signal_fd_;
  const int stop_fd_;
  std::atomic<bool> came_{false};
  std::thread thread_;
};

}  // namespace carnet::cli
