// Forgetting customers: in the views here; whose keys must go is written down for whoever holds
// them.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

#include "base/uuid.h"
#include "domain/customers/record.h"
#include "domain/step.h"

namespace carnet::domain {

// A customer is forgotten with all its records: cells, their history, look-ups, what identity is
// judged by, consents for addresses that nobody else has. Accounts, vouchers, orders and who was
// linked with whom stay as they are. Refused: NOT_FOUND, CUSTOMER_ERASED
// (its external id was forgotten, and has not come again), ETAG_CHANGED.
Verdict ApplyCustomerErased(Step* step, const Addressee& addressee);

// Whose keys must be gone from this change on, beside those that this number asks for already.
// `number`: as ErasureKey() has it. `keys_only`: nothing sealed with them ever stood in the views.
void PutErasure(std::string_view merchant, uint64_t number, int64_t at_micros,
                const std::set<Uuid>& sealed_for, bool keys_only, Overlay* state);

// What the change says of a person is not kept in the views; the key it is sealed under must go as
// well. (A gateway that knows of the erasure sends nothing to be forgotten.)
void ForgetWhatWasSaid(Step* step);

// A change that came to nothing (rejected, or a dead letter) leaves no value in the views, but what
// it says of a person stands in the log, and under no record's key: it is remembered under whose.
// That goes with the customer whom the change names. Where it names nobody, nobody can tell whom it
// speaks of: then it goes with the next customer of the merchant who is forgotten, whoever that is;
// and at once where it is about a time before the last one was. (What was told of a record that
// does not exist yet stays: it is that record's, should it come to exist.) `number`: as
// ErasureKey() has it.
void RememberStraySeal(const carnet::log::v1::Change& change,
                       const carnet::log::v1::MerchantRow& merchant, uint64_t number,
                       Overlay* state);

}  // namespace carnet::domain
