// What an unknown debtor owes becomes a customer's.
#pragma once

#include "carnet/v1/ledger.pb.h"
#include "domain/ledger/account.h"
#include "domain/step.h"

namespace carnet::domain {

// Posts a transfer from the unknown debtor to `account` on the date of the voucher that is named.
Verdict ApplyAssignVoucher(Step* step, Account* account, const carnet::v1::AssignVoucher& assign);

}  // namespace carnet::domain
