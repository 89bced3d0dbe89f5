// A process that appends to an embedded log and folds it into views, on one disk, until the power
// fails; and the one that starts it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace carnet::simulation {

struct PowerLossRun {
  std::string folder;  // holds the log; the views come into it
  uint64_t seed = 0;
  // The operation of the file system, counted from the start of the process, at which it ends.
  uint64_t end_at = 0;
};

// What the process was told by the log before it ended.
struct Acknowledged {
  int32_t partition = 0;
  int32_t size = 0;  // of the record's value
  int64_t offset = 0;
  char hash[16] = {};  // of key and value
};

struct PowerLossResult {
  int status = 0;
  std::vector<Acknowledged> acknowledged;
  std::string standard_error;
};

inline constexpr int32_t kPowerLossPartitions = 2;
inline constexpr char kPowerLossLog[] = "/log";
inline constexpr char kPowerLossViews[] = "/views";

PowerLossResult RunUntilPowerLoss(const PowerLossRun& run);

// To be called by main() first: the other process's main, if the arguments ask for it.
bool IsPowerLossWriter(int argc, char** argv);
int PowerLossWriterMain(char** argv);

}  // namespace carnet::simulation
