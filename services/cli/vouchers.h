// Vouchers for people.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "carnet/v1/ledger.pb.h"

namespace carnet::cli {

// How it was paid: "cash", "cash 20.00 + on account 30.00".
std::string TendersText(const v1::Voucher& voucher);

// What else a person should know: what it reverses, what reversed it, when it is due, flags, note.
std::string RemarksText(const v1::Voucher& voucher);

// "supplier-payment" to its kind. Error: INVALID_ARGUMENT that lists them.
absl::StatusOr<v1::VoucherKind> KindOfWord(const std::string& word);

// One voucher with all that is known of it.
std::string RenderVoucher(const v1::Voucher& voucher);

// One line a voucher. `name_of` gives a column of names; null: the reader knows whose they are.
std::string RenderVouchers(const std::vector<v1::Voucher>& vouchers,
                           const std::function<std::string(const v1::Voucher&)>& name_of);

}  // namespace carnet::cli
