// Deliveries whose days are over: says, by a change for each merchant, that they are dropped.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"

#include "gateway/clock.h"
#include "gateway/merchants.h"
#include "gateway/publisher.h"

namespace carnet::gateway {

// Looks now and then which merchants keep deliveries of days that policy lets go, and publishes
// DeliveriesDropped for them; what follows from that is the fold's and the eraser's. The change's
// id is made of merchant and day, so however many gateways say it, it counts once.
//
// Where this process folds, its views tell of every merchant. Where it does not, it goes by the
// merchants who have an endpoint here and says so to each once a day, needed or not.
class DeliveryDays {
 public:
  struct Parts {
    Publisher* publisher;
    const Merchants* merchants;
    projection::Projector* projector;  // null: other processes fold
    SettingsOf settings_of;
    Clock* clock;
    int32_t partition_count;
    absl::Duration look_every;
  };
  // All parts must outlive this, and what it has published be answered before they go.
  explicit DeliveryDays(Parts parts);
  ~DeliveryDays();
  DeliveryDays(const DeliveryDays&) = delete;
  DeliveryDays& operator=(const DeliveryDays&) = delete;

  // Who has endpoints now. From any thread.
  void SetMerchants(std::vector<std::string> merchants);

 private:
  // A merchant and the day before which all is to go.
  using Due = std::pair<std::string, int32_t>;

  void Run();
  bool IsStopping();
  std::vector<Due> DueByViews() const;
  std::vector<Due> DueByEndpoints(const std::vector<std::string>& merchants);
  int32_t FirstDayKept(const std::string& merchant, int32_t partition) const;
  void Publish(const std::vector<Due>& due) const;

  const Parts parts_;
  std::set<Due> said_;  // without views; the thread's own
  const std::shared_ptr<std::atomic<bool>> failed_ = std::make_shared<std::atomic<bool>>(false);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::string> endpoint_merchants_;  // guarded by mutex_
  bool stop_ = false;                            // guarded by mutex_

  std::thread thread_;  // last
};

}  // namespace carnet::gateway
