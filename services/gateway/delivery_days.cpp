#include "gateway/delivery_days.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "access/grant.h"
#include "base/civil_date.h"
#include "base/partition.h"
#include "base/uuid.h"
#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/change.pb.h"
#include "domain/customers/deliveries.h"
#include "domain/state.h"
#include "projection/projector.h"

namespace carnet::gateway {
namespace {

// Nobody waits for it: what was not taken is said again at the next look.
class Dropping final : public Publication {
 public:
  explicit Dropping(std::shared_ptr<std::atomic<bool>> failed) : failed_(std::move(failed)) {}
  void Answer() override {
    for (const Change& change : changes) {
      if (!change.offset.ok()) *failed_ = true;
    }
  }

 private:
  const std::shared_ptr<std::atomic<bool>> failed_;
};

v1::Change DroppedBefore(const std::string& merchant, int32_t day) {
  const std::string date = FormatCivilDay(day);
  v1::Change change;
  change.set_id(Uuid::FromFields({"deliveries dropped", merchant, date}).ToString());
  change.set_merchant(merchant);
  change.set_channel("carnet");
  change.set_source("server");
  change.set_intent(v1::INTENT_REQUEST);
  change.mutable_body()->mutable_deliveries_dropped()->set_before_date(date);
  return change;
}

}  // namespace

DeliveryDays::DeliveryDays(Parts parts) : parts_(std::move(parts)), thread_([this] { Run(); }) {}

DeliveryDays::~DeliveryDays() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void DeliveryDays::SetMerchants(std::vector<std::string> merchants) {
  const std::lock_guard lock(mutex_);
  endpoint_merchants_ = std::move(merchants);
}

bool DeliveryDays::IsStopping() {
  const std::lock_guard lock(mutex_);
  return stop_;
}

void DeliveryDays::Run() {
  pthread_setname_np(pthread_self(), "delivery_days");
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, absl::ToChronoNanoseconds(parts_.look_every),
                         [this] { return stop_; })) {
    const std::vector<std::string> merchants = endpoint_merchants_;
    lock.unlock();
    Publish(parts_.projector != nullptr ? DueByViews() : DueByEndpoints(merchants));
    lock.lock();
  }
}

int32_t DeliveryDays::FirstDayKept(const std::string& merchant, int32_t partition) const {
  const auto row = parts_.merchants->Policy(merchant, partition);
  const v1::MerchantPolicy& policy = row->policy();
  const int32_t offset = policy.has_utc_offset_minutes()
                             ? policy.utc_offset_minutes()
                             : parts_.settings_of(merchant).utc_offset_minutes;
  const int32_t days =
      policy.has_delivery_days() ? policy.delivery_days() : domain::kDefaultDeliveryDays;
  const int32_t today = CivilDayOf(parts_.clock->NowMicros(), offset);
  return days == 0 ? today + 1 : today - days;
}

std::vector<DeliveryDays::Due> DeliveryDays::DueByViews() const {
  std::vector<Due> due;
  for (int32_t partition = 0; partition < parts_.partition_count; ++partition) {
    const auto snapshot = parts_.projector->snapshot(partition);
    if (!snapshot.ok()) continue;
    log::v1::MerchantRow row;
    (*snapshot)->Scan(domain::Family::kMerchants, "",
                      [&](std::string_view key, std::string_view value) {
                        if (!row.ParseFromArray(value.data(), static_cast<int>(value.size())) ||
                            !row.has_first_delivery_day())
                          return true;
                        const std::string merchant(key.substr(0, key.find('\0')));
                        const int32_t first = FirstDayKept(merchant, partition);
                        if (row.first_delivery_day() < first) due.emplace_back(merchant, first);
                        return true;
                      });
  }
  return due;
}

std::vector<DeliveryDays::Due> DeliveryDays::DueByEndpoints(
    const std::vector<std::string>& merchants) {
  std::vector<Due> due;
  if (failed_->exchange(false)) said_.clear();
  for (const std::string& merchant : merchants) {
    if (IsStopping()) break;
    const int32_t partition = PartitionOf(merchant, parts_.partition_count);
    Due one(merchant, FirstDayKept(merchant, partition));
    if (said_.insert(one).second) due.push_back(std::move(one));
  }
  return due;
}

void DeliveryDays::Publish(const std::vector<Due>& due) const {
  constexpr size_t kTogether = 100;
  for (size_t at = 0; at < due.size(); at += kTogether) {
    auto publication = std::make_unique<Dropping>(failed_);
    for (size_t i = at; i < std::min(due.size(), at + kTogether); ++i) {
      v1::Change change = DroppedBefore(due[i].first, due[i].second);
      parts_.publisher->Add(*access::Anybody(), &change, publication.get());
    }
    parts_.publisher->Publish(std::move(publication));
  }
}

}  // namespace carnet::gateway
