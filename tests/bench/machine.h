// On what was measured.
#pragma once

#include <string>

#include "tests/bench/report.h"

namespace carnet::bench {

// Processor, memory, kernel, the disk below `folder` and what a sync costs there, load, compiler
// and build type, and which RocksDB.
void DescribeMachine(const std::string& folder, Report* report);

// Of the last minute; above 1.5 wall times mean little.
std::string LoadAverage();

}  // namespace carnet::bench
