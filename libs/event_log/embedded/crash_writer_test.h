// A process that appends to an embedded log until it dies, and the one that looks at what it left.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace carnet::event_log {

struct CrashRun {
  std::string log_path;
  // Where a LossyFileSystem may bury files; also says that there shall be one.
  std::string graveyard;
  // Tells the records of this run from those of others on the same log.
  uint32_t run = 0;
  uint64_t seed = 0;
  // With a graveyard: the operation at which the process ends itself; 0: none.
  uint64_t end_at = 0;
  bool power_cut = false;
  // With a graveyard: the number of answers after which fsync begins to fail; 0: never.
  uint32_t fail_syncs_after = 0;
};

// What the writer was told.
struct Acknowledgement {
  uint32_t thread = 0;
  uint32_t sequence = 0;
  int64_t offset = 0;
};

struct CrashResult {
  // As waitpid() gives it.
  int status = 0;
  std::vector<Acknowledgement> acknowledged;
  std::string standard_error;
};

// Starts this very binary as a writer and waits until it is dead. `on_acknowledged` is called for
// each acknowledgement with how many there were; true: kill -9, now.
CrashResult RunWriter(const CrashRun& run, const std::function<bool(size_t)>& kill_after);

// To be called by main() first: the writer's own main, if that is what the arguments ask for.
bool IsWriter(int argc, char** argv);
int WriterMain(char** argv);

// What a record of run, thread and sequence number holds; of any size up to a few kilobytes, seldom
// many more.
std::string CrashValue(uint32_t run, uint32_t thread, uint32_t sequence);

inline constexpr uint32_t kCrashThreads = 4;
inline constexpr int32_t kCrashPartitions = 3;

// Where a thread's records go.
inline int32_t CrashPartition(uint32_t thread) {
  return static_cast<int32_t>(thread) % kCrashPartitions;
}

}  // namespace carnet::event_log
