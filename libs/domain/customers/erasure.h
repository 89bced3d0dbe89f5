// Forgetting customers: in the views here; whose keys must go is written down for whoever holds
// them.
#pragma once

#include "domain/customers/record.h"
#include "domain/step.h"

namespace carnet::domain {

// A customer is forgotten with all its records: cells, their history, look-ups, what identity is
// judged by, consents for addresses that nobody else has. Accounts, vouchers, orders and who was
// linked with whom stay as they are. Refused: NOT_FOUND, CUSTOMER_ERASED
// (its external id was forgotten, and has not come again), ETAG_CHANGED.
Verdict ApplyCustomerErased(Step* step, const Addressee& addressee);

// What the change says of a person is not kept in the views; the key it is sealed under must go as
// well. (A gateway that knows of the erasure sends nothing to be forgotten.)
void ForgetWhatWasSaid(Step* step);

}  // namespace carnet::domain
