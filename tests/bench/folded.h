// How far carnetd's views are.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/bench/server.h"

namespace carnet::bench {

// Waits until each partition's views are at `ends`; Now() when they were. Ends the program if that
// can't be, or unless each of `changes` changes was applied or found to be a duplicate since
// carnetd started.
double WaitUntilFolded(const Server& carnetd, const std::vector<int64_t>& ends, int64_t changes);

}  // namespace carnet::bench
