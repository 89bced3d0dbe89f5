// Which source records were erased, and when: in memory, as every change with a contact asks.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

#include "base/uuid.h"

namespace carnet::vault {

// All functions may be called from any thread.
class ErasedRecords {
 public:
  std::optional<int64_t> At(std::string_view merchant, const Uuid& record_id) const {
    if (count() == 0) return std::nullopt;
    const std::shared_lock lock(mutex_);
    const auto records = merchants_.find(absl::string_view(merchant.data(), merchant.size()));
    if (records == merchants_.end()) return std::nullopt;
    const auto found = records->second.find(record_id);
    if (found == records->second.end()) return std::nullopt;
    return found->second;
  }

  // The first time counts.
  void Add(std::string_view merchant, const Uuid& record_id, int64_t at_micros) {
    const std::unique_lock lock(mutex_);
    if (!merchants_[std::string(merchant)].try_emplace(record_id, at_micros).second) return;
    count_.fetch_add(1, std::memory_order_release);
  }

  uint64_t count() const { return count_.load(std::memory_order_acquire); }

 private:
  mutable std::shared_mutex mutex_;
  absl::flat_hash_map<std::string, absl::flat_hash_map<Uuid, int64_t>> merchants_;
  std::atomic<uint64_t> count_{0};
};

}  // namespace carnet::vault
