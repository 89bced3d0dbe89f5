// How a process is asked to end.
#pragma once

#include <chrono>

namespace carnet::runtime {

// SIGTERM and SIGINT, as something to wait for. Make one in main() before any thread: it blocks
// both signals in this thread and so in all that come after. SIGPIPE is ignored, as a lost
// connection is an error of its call only.
class ShutdownSignal {
 public:
  ShutdownSignal();
  ShutdownSignal(const ShutdownSignal&) = delete;
  ShutdownSignal& operator=(const ShutdownSignal&) = delete;

  // Waits for one of them, at most so long; 0: neither came. Once one has come, a second one ends
  // the process at once.
  int WaitFor(std::chrono::milliseconds most);
};

}  // namespace carnet::runtime
