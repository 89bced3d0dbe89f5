// The few fields of a voucher's row that long lists need, taken from its bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "carnet/v1/ledger.pb.h"

namespace carnet::query {

// Points into the row it was read from.
struct VoucherHead {
  carnet::v1::VoucherKind kind = carnet::v1::VOUCHER_KIND_UNSPECIFIED;
  std::string_view code;
  std::string_view record;  // 16 bytes, or empty
  int32_t effective_day = 0;
  int32_t recorded_day = 0;
  std::optional<int32_t> due_day;
  std::string_view channel;
  std::string_view source;
  std::string_view category;
  uint64_t reversed_by = 0;
  uint64_t reverses = 0;
  bool on_account = false;  // whether a tender of it is owed
};
VoucherHead ReadVoucherHead(std::string_view row);

}  // namespace carnet::query
