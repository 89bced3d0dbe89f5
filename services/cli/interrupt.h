// Ctrl-C as a request to end well.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace carnet::cli {

// While it lives, SIGINT and SIGTERM don't end the process. To be made before any other thread,
// also those of gRPC (which come with its first object): they inherit that they leave these signals
// alone.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // From now on the first of these signals (also one that came already) calls `end` in a thread of
  // its own. To be called once.
  void Watch(std::function<void()> end);

  bool came() const { return came_; }

 private:
  const int signal_fd_;
  const int stop_fd_;
  std::atomic<bool> came_{false};
  std::thread thread_;
};

}  // namespace carnet::cli
