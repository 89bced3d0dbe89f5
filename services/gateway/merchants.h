// What the gateway knows of each merchant while it runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

#include "carnet/log/v1/card_rows.pb.h"
#include "vault/key_ring.h"

namespace carnet::gateway {

struct MerchantSettings {
  std::string country;  // two letters, or empty: how phones without a country code are read
  int32_t utc_offset_minutes = 0;  // of the merchant's books
};
using SettingsOf = std::function<MerchantSettings(std::string_view merchant)>;

// A merchant's policy as the views have it now; never null, empty where there is none. Cheap: it is
// asked for with every change. From any thread.
using PolicyOf = std::function<std::shared_ptr<const log::v1::PolicyRow>(std::string_view merchant,
                                                                         int32_t partition)>;

// One merchant. From any thread.
class Merchant {
 public:
  Merchant(int32_t the_partition, MerchantSettings the_settings,
           const vault::MerchantKeys* the_keys)
      : partition(the_partition), settings(std::move(the_settings)), keys(*the_keys) {}

  const int32_t partition;
  const MerchantSettings settings;  // as configured: what holds until policy says otherwise
  const vault::MerchantKeys& keys;

  // The instant that a change is stamped with: `now`, but later than every stamp before. So stamps
  // tell changes apart, and neither they nor their days ever go back.
  int64_t StampAt(int64_t now);

 private:
  std::atomic<int64_t> last_stamp_{0};
};

class Merchants {
 public:
  // `keys` must outlive this.
  Merchants(int32_t partition_count, SettingsOf settings_of, vault::KeyRing* keys,
            PolicyOf policy_of = nullptr);

  // Makes the merchant's keys at first use. The pointer is valid as long as this. Errors:
  // KeyRing::ForWriting's. From any thread. `name` must be well formed.
  absl::StatusOr<Merchant*> Find(std::string_view name);

  // What its policy says now, or said a moment ago where other processes fold; never null. Without
  // an answer a gateway goes by its configuration, and what policy switches off is dropped by the
  // fold alone.
  std::shared_ptr<const log::v1::PolicyRow> Policy(std::string_view name, int32_t partition) const;

 private:
  const int32_t partition_count_;
  const SettingsOf settings_of_;
  const PolicyOf policy_of_;
  vault::KeyRing* const keys_;
  std::shared_mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<Merchant>> merchants_;  // guarded by mutex_
};

}  // namespace carnet::gateway
