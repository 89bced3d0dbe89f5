// What the changes that were made of one delivery tell, for keeping it as it came.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "carnet/log/v1/card_rows.pb.h"
#include "carnet/log/v1/log.pb.h"
#include "gateway/merchants.h"

namespace carnet::gateway {

// Filled by Preparer::Prepare() of each of the changes, read by Preparer::Keep(). One thread.
class Keeping {
 public:
  // `life`: what LifeOf() says of the change.
  void Note(const log::v1::Change& change, std::optional<uint32_t> life,
            const v1::MerchantPolicy& policy, int32_t utc_offset_minutes);

 private:
  friend class Preparer;

  std::string merchant_;
  int32_t utc_offset_minutes_ = 0;  // of its books
  int32_t first_day_ = 0;           // that policy keeps
  std::vector<Uuid> made_;          // changes; the others are dead letters
  std::vector<Uuid> records_;       // for which it is sealed
  bool is_nameless_ = false;        // it may speak of somebody else, too
  bool is_refused_ = false;         // it must not be kept, or policy keeps none
};

}  // namespace carnet::gateway
