#include "tests/bench/machine.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"

#include "tests/bench/check.h"
#include "tests/bench/clocks.h"

namespace carnet::bench {
namespace {

// The value of "key : value" in a file of /proc.
std::string ProcValue(const std::string& file, const std::string& key) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, key.size(), key) != 0) continue;
    const size_t at = line.find_first_not_of(" \t", line.find(':') + 1);
    if (at != std::string::npos) return line.substr(at);
  }
  return "?";
}

// Device and type of the file system with the longest mount point above `folder`.
std::string FileSystemOf(const std::string& folder) {
  const std::string path = std::filesystem::canonical(folder);
  std::string best;
  std::string found = "?";
  std::ifstream mounts("/proc/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string device, point, type;
    fields >> device >> point >> type;
    const bool above = point == "/" || path == point || path.starts_with(point + "/");
    if (!above || point.size() < best.size()) continue;
    best = point;
    found = absl::StrCat(type, " on ", device);
  }
  return found;
}

// Milliseconds of an append of 4 KiB and fdatasync, the median.
double SyncMilliseconds(const std::string& folder) {
  const std::string path = folder + "/sync";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  Check(fd >= 0, "can't write to " + folder);
  const std::string block(4096, 'x');
  std::vector<double> times;
  for (int i = 0; i < 51; ++i) {
    const double begin = Now();
    Check(write(fd, block.data(), block.size()) == 4096 && fdatasync(fd) == 0,
          "can't write to " + folder);
    times.push_back((Now() - begin) * 1e3);
  }
  close(fd);
  unlink(path.c_str());
  return Median(times);
}

}  // namespace

std::string LoadAverage() {
  std::ifstream file("/proc/loadavg");
  std::string minute;
  file >> minute;
  return minute;
}

void DescribeMachine(const std::string& folder, Report* report) {
  utsname system{};
  uname(&system);
  const double memory = std::stod(ProcValue("/proc/meminfo", "MemTotal"));  // "… kB"
  report->AddFact(
      "machine",
      absl::StrCat(ProcValue("/proc/cpuinfo", "model name"), ", ", sysconf(_SC_NPROCESSORS_ONLN),
                   " cores, ", Number(memory / (1 << 20)), " GiB, Linux ", system.release));
  report->AddFact("disk", absl::StrCat(FileSystemOf(folder), ", an fdatasync takes ",
                                       Number(SyncMilliseconds(folder)), " ms"));
  report->AddFact("build", CARNET_BUILD);
  report->AddFact("RocksDB", CARNET_ROCKSDB_BUILD);
}

}  // namespace carnet::bench
