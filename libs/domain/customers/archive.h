// Customers out of sight.
#pragma once

#include "domain/customers/record.h"
#include "domain/step.h"

namespace carnet::domain {

// A customer is put out of sight, or back. Refused: ETAG_CHANGED, NOT_FOUND; HAS_BALANCE while an
// account or an order of any of its records is open, unless the request says that this is to stay.
// (Writing off what is open waits for a voucher that does.)
Verdict ApplyCustomerArchived(Step* step, const Addressee& addressee,
                              const carnet::v1::CustomerArchived& archived);

}  // namespace carnet::domain
