// The bodies that post vouchers of their own.
#pragma once

#include "carnet/v1/ledger.pb.h"
#include "domain/ledger/account.h"
#include "domain/step.h"

namespace carnet::domain {

// A voucher by its row of the posting table; `account` is null for a walk-in.
Verdict ApplyPosting(Step* step, Account* account, const carnet::v1::Posting& posting);

// The difference to a wished balance of the customer, as an adjustment of the addressed record.
Verdict ApplySetDebt(Step* step, Account* account, const carnet::v1::SetDebt& set_debt);

}  // namespace carnet::domain
