// Who belonged to whom, and since when: membership on the recorded axis.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "domain/state.h"
#include "domain/step.h"

namespace carnet::domain {

// From the change at hand on, these records are one customer (or the only one is by itself).
// Whoever links or unlinks calls this for each customer that comes of it.
void RememberMembers(Step* step, const std::vector<Uuid>& members);

// The members of a record's customer at the end of a recorded day, oldest first; the record itself
// where it was not linked then.
std::vector<Uuid> MembersAt(const Reader& state, std::string_view merchant, const Uuid& record,
                            int32_t recorded_day);

}  // namespace carnet::domain
