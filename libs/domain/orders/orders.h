// Orders as channels report them: what is known is kept, what differs is posted.
#pragma once

#include <string_view>

#include "base/uuid.h"
#include "carnet/v1/order.pb.h"
#include "domain/ledger/account.h"
#include "domain/step.h"

namespace carnet::domain {

// An order's id; known without the fold.
Uuid OrderId(std::string_view merchant, std::string_view channel, std::string_view source,
             std::string_view order_id);

// Takes an observation in and posts the difference. `account` is the buyer's, null for a walk-in.
// Flags: OLDER_VERSION (a snapshot that is no longer true), NO_CHANGE, PENDING_TARGET (payments of
// an order that has not come yet). Dead letter: OVERFLOW.
Verdict ApplyOrder(Step* step, Account* account, const carnet::v1::OrderObserved& observed);

}  // namespace carnet::domain
