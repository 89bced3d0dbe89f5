// What a channel says of a contact: against policy, into its record, linked to whom it is about.
#pragma once

#include "carnet/v1/contact.pb.h"
#include "domain/customers/record.h"
#include "domain/step.h"

namespace carnet::domain {

// It goes into a record of the change's own channel and source; where the change names a customer,
// that record is linked to the customer. `observed`: said in passing by a document.
//
// A REQUEST may be refused, with a violation for each field: ETAG_CHANGED, REQUIRED_FIELD,
// FIELD_UNKNOWN, CUSTOM_VALUE_MALFORMED, NOT_A_CHOICE, VALUE_TAKEN, NOT_FOUND. A FACT is applied
// and flagged.
Verdict ApplyContactObserved(Step* step, const Addressee& addressee,
                             const carnet::v1::ContactObserved& said, bool observed);

// The channel deleted its record: what it said up to then is no longer shown.
Verdict ApplyRecordDeleted(Step* step, const Addressee& addressee);

// The latest word on a use of an address or number counts; on a tie the withdrawal.
Verdict ApplyConsentRecorded(Step* step, const carnet::v1::ConsentRecorded& consent);

}  // namespace carnet::domain
