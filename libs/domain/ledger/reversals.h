// Undoing vouchers: reversals (REQUEST) and voids (FACT).
#pragma once

#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/ledger.pb.h"
#include "domain/ledger/voucher.h"
#include "domain/step.h"

namespace carnet::domain {

// Undoes the voucher that the change names, or leaves word for one that has not come yet.
Verdict ApplyReversal(Step* step, const carnet::v1::Reversal& reversal);

// Posts a voucher, and undoes it at once where a void has been waiting for its code.
Verdict PostAndReverseOnArrival(Step* step, Account* account, CodeEntry code,
                                carnet::log::v1::VoucherRow* voucher);

// Undoes a voucher by its number, as part of another change, on step->effective_day or the
// voucher's own day, whichever is later. `account` is the one in hand of the voucher's record, null
// for a walk-in. One that somebody has reversed already is left alone.
Verdict ReverseVoucher(Step* step, uint64_t number, Account* account);

}  // namespace carnet::domain
