#include "tests/bench/clocks.h"

#include <time.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "tests/bench/check.h"

namespace carnet::bench {
namespace {

double Seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

double Now() { return Seconds(CLOCK_MONOTONIC); }
double ThreadCpu() { return Seconds(CLOCK_THREAD_CPUTIME_ID); }
double ProcessCpu() { return Seconds(CLOCK_PROCESS_CPUTIME_ID); }

double CpuOf(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  // The command's name may hold anything; after its parenthesis stand fields 3, 4 …
  const size_t end_of_name = text.rfind(')');
  Check(end_of_name != std::string::npos, "no process " + std::to_string(process));
  std::istringstream fields(text.substr(end_of_name + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace carnet::bench
