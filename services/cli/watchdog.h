// A deadline for each answer of a stream, where gRPC knows only one for the whole of it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/time/time.h"

namespace carnet::cli {

// Calls `bark` once, in a thread of its own, when something that was expected has not come for
// `patience`.
class Watchdog {
 public:
  Watchdog(absl::Duration patience, std::function<void()> bark);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  void Expect();    // from now on
  void Answered();  // nothing is expected any more
  bool barked() const;

 private:
  void Run();

  const absl::Duration patience_;
  const std::function<void()> bark_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  absl::Time due_ = absl::InfiniteFuture();
  bool barked_ = false;
  bool stop_ = false;

  std::thread thread_;
};

}  // namespace carnet::cli
