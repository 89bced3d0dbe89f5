// All subscribers of this process: woken when their views advance, ended when they are stuck.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "absl/time/time.h"

#include "projection/projector.h"
#include "projector/subscription.h"

namespace carnet::projector_service {

// One thread for all of them: the projector's only leave a note for it. May be used from any
// thread.
class Subscriptions {
 public:
  // `projector` must outlive this. `patience`: how long one message may be on its way.
  Subscriptions(projection::Projector* projector, absl::Duration patience);
  ~Subscriptions();
  Subscriptions(const Subscriptions&) = delete;
  Subscriptions& operator=(const Subscriptions&) = delete;

  // From now on, until its stream is over, the subscription is woken whenever `partition` advances,
  // and watched. Does not wake it by itself.
  void Add(int32_t partition, std::shared_ptr<Subscription> subscription);

  // Those that are not over, or were not a second ago.
  size_t count() const;

 private:
  struct Entry {
    int32_t partition;
    std::shared_ptr<Subscription> subscription;
  };

  void Run();

  const absl::Duration patience_;

  mutable std::mutex mutex_;
  std::condition_variable noted_;
  // Guarded by mutex_.
  std::vector<Entry> entries_;
  std::set<int32_t> advanced_;  // partitions, since the thread looked last
  bool stop_ = false;

  std::thread thread_;
  std::vector<std::shared_ptr<void>> listening_;  // to the projector; ends first
};

}  // namespace carnet::projector_service
