// The bodies that post vouchers of their own.
#pragma once

#include <optional>

#include "base/uuid.h"
#include "carnet/v1/ledger.pb.h"
#include "domain/step.h"

namespace carnet::domain {

// A voucher by its row of the posting table; `record` is nothing for a walk-in.
Verdict ApplyPosting(Step* step, const std::optional<Uuid>& record,
                     const carnet::v1::Posting& posting);

// The difference to a wished balance, as an adjustment.
Verdict ApplySetDebt(Step* step, const std::optional<Uuid>& record,
                     const carnet::v1::SetDebt& set_debt);

}  // namespace carnet::domain
