// What time it is; a test says so itself.
#pragma once

#include <cstdint>
#include <ctime>

namespace carnet::gateway {

class Clock {
 public:
  virtual ~Clock() = default;
  // Microseconds since 1970 UTC. From any thread.
  virtual int64_t NowMicros() = 0;
};

class SystemClock final : public Clock {
 public:
  int64_t NowMicros() override {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  }
};

}  // namespace carnet::gateway
