// A town's people as the five channels of a shop tell of them: households that share a name, an
// address and sometimes a phone; names in short and with a letter wrong; numbers that change, the
// shop's own and placeholders; things told again. The same town for the same seed.
#pragma once

#include <cstdint>
#include <vector>

#include "carnet/v1/change.pb.h"

namespace carnet::bench {

// Contact changes of so many people, without id and merchant, as time goes by. About 3.6 a person,
// of 2.4 source records.
std::vector<v1::Change> TownChanges(uint32_t people, uint64_t seed);

}  // namespace carnet::bench
