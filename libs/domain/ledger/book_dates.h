// Which days are open: the merchant's closed-until date and floor.
#pragma once

#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/ledger.pb.h"
#include "domain/step.h"

namespace carnet::domain {

Verdict ApplySetBookDates(Step* step, const carnet::v1::SetBookDates& dates);

// Whether a voucher of this change may count for a day: days to come, and those below the floor,
// are a clock gone wrong.
bool IsPlausibleDay(const Step& step, int32_t day);

// The day a change counts for: the recorded one, with a flag, where its own is not plausible.
int32_t EffectiveDay(Step* step);

// A closed day: REJECTED(PERIOD_CLOSED), or for a FACT the first open day, with a flag.
Verdict CheckOpenDay(Step* step, carnet::log::v1::VoucherRow* voucher);

}  // namespace carnet::domain
