#include "gateway/merchants.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/partition.h"

namespace carnet::gateway {

int64_t Merchant::StampAt(int64_t now) {
  int64_t last = last_stamp_.load(std::memory_order_relaxed);
  int64_t stamp;
  do {
    stamp = std::max(now, last + 1);
  } while (!last_stamp_.compare_exchange_weak(last, stamp, std::memory_order_relaxed));
  return stamp;
}

Merchants::Merchants(int32_t partition_count, SettingsOf settings_of, vault::KeyRing* keys,
                     PolicyOf policy_of)
    : partition_count_(partition_count),
      settings_of_(std::move(settings_of)),
      policy_of_(std::move(policy_of)),
      keys_(keys) {}

std::shared_ptr<const log::v1::PolicyRow> Merchants::Policy(std::string_view name,
                                                            int32_t partition) const {
  static const auto none = std::make_shared<const log::v1::PolicyRow>();
  return policy_of_ ? policy_of_(name, partition) : none;
}

absl::StatusOr<Merchant*> Merchants::Find(std::string_view name) {
  const absl::string_view key(name.data(), name.size());
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = merchants_.find(key); found != merchants_.end())
      return found->second.get();
  }
  // Once a merchant; may write keys to disk.
  const auto keys = keys_->ForWriting(name);
  if (!keys.ok()) return keys.status();
  const std::unique_lock lock(mutex_);
  auto& merchant = merchants_[std::string(name)];
  if (merchant == nullptr) {
    merchant =
        std::make_unique<Merchant>(PartitionOf(name, partition_count_), settings_of_(name), *keys);
  }
  return merchant.get();
}

}  // namespace carnet::gateway
