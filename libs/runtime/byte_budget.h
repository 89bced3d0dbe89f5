// How many bytes all calls of a process may hold at once.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

namespace carnet::runtime {

// All functions may be called from any thread.
class ByteBudget {
 public:
  explicit ByteBudget(size_t limit) : limit_(limit) {}

  // For calls that can be refused: takes bytes unless that goes over the limit.
  bool TryTake(size_t bytes);
  // For what is there already: takes bytes, over the limit too.
  void Take(size_t bytes);
  void Give(size_t bytes);

  // False: there is room. True: `room` will be called once there is, from a Give(), without a lock
  // held.
  bool WaitForRoom(std::function<void()> room);

  size_t used() const;

 private:
  const size_t limit_;
  mutable std::mutex mutex_;
  size_t used_ = 0;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace carnet::runtime
