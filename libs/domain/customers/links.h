// Links: a person's word that two source records are the same customer. Linking only adds an edge;
// values and vouchers stay with the record they were addressed to, so that any link can be undone,
// in any order.
#pragma once

#include <vector>

#include "base/uuid.h"
#include "carnet/v1/change.pb.h"
#include "domain/step.h"

namespace carnet::domain {

// The most records one customer may have.
inline constexpr int kMaxMembers = 40;

Verdict ApplyLink(Step* step, const carnet::v1::LinkCustomers& link);
Verdict ApplyUnlink(Step* step, const carnet::v1::UnlinkCustomers& unlink);

// Adds an edge between two records that exist. NO_CHANGE if there is one.
Verdict LinkRecords(Step* step, const Uuid& a, const Uuid& b);

// All records of a customer, oldest first; the customer itself if it is not linked. `customer` is
// an oldest member.
std::vector<Uuid> MembersOf(const Reader& state, std::string_view merchant, const Uuid& customer);

}  // namespace carnet::domain
