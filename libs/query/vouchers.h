// Vouchers as answers show them.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/ledger.pb.h"
#include "domain/state.h"
#include "vault/opener.h"

namespace carnet::query {

void SetAmount(std::string_view unit, int64_t minor, carnet::v1::Amount* amount);

// `row` is the voucher's, under `number`; codes of vouchers it names are read from `reader`.
// Errors: the opener's.
absl::Status FillVoucher(const domain::Reader& reader, const vault::Opener& opener,
                         std::string_view merchant, uint64_t number,
                         const carnet::log::v1::VoucherRow& row, carnet::v1::Voucher* voucher);

}  // namespace carnet::query
