// Links: which source records are one customer, as the rules (identity/) and people's words make
// it. Linking only adds an edge; values and vouchers stay with the record they were addressed to,
// so that any link can be undone, in any order.
#pragma once

#include <map>
#include <vector>

#include "base/uuid.h"
#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/change.pb.h"
#include "domain/identity/clusters.h"
#include "domain/step.h"

namespace carnet::domain {

// The most records one customer may have.
inline constexpr int kMaxMembers = identity::kMaxMembers;

Verdict ApplyLink(Step* step, const carnet::v1::LinkCustomers& link);
Verdict ApplyUnlink(Step* step, const carnet::v1::UnlinkCustomers& unlink);
Verdict ApplyDistinguish(Step* step, const carnet::v1::DistinguishCustomers& distinguish);

// A person's link between two records that exist. NO_CHANGE if there is one.
Verdict LinkRecords(Step* step, const Uuid& a, const Uuid& b);

// Writes who is one customer now, tells of what changed, and remembers who belonged where.
// `former`: all customers of several records that any member of `clusters` belonged to, as they
// stand in the views; all their members are in `clusters`.
void WriteCustomers(Step* step, const identity::Records& records,
                    const std::map<Uuid, carnet::log::v1::CustomerRow>& former,
                    std::vector<identity::Cluster> clusters);

// All records of a customer, oldest first; the customer itself if it is not linked. `customer` is
// an oldest member.
std::vector<Uuid> MembersOf(const Reader& state, std::string_view merchant, const Uuid& customer);

}  // namespace carnet::domain
