// A whole log at once, and the same records under another partition count.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "event_log/event_log.h"
#include "tests/simulation/memory_views.h"
#include "tests/simulation/seeded_random.h"

namespace carnet::simulation {

// All records of a partition but its manifest, in order. The log must answer.
std::vector<event_log::Record> ReadAll(event_log::EventLog* log, int32_t partition);

// Another log with the records of `log` whose merchant can be trusted, each merchant's in their
// order; how merchants stand between each other is left to chance.
std::unique_ptr<event_log::EventLog> Rekeyed(event_log::EventLog* log, int32_t partition_count,
                                             Random* random);

// A partition folded from its beginning to `up_to`.
MemoryViews FreshFold(event_log::EventLog* log, int32_t partition, int64_t up_to,
                      size_t batch_size);

}  // namespace carnet::simulation
