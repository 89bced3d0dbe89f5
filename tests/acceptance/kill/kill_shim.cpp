// Loaded into a server under test (LD_PRELOAD): ends it by SIGKILL in the middle of a chosen system
// call, so that the server itself needs no hooks.
//
//   CARNET_KILL_CALLS   which calls count, separated by commas: write, sync, rename
//   CARNET_KILL_PATHS   what the file's path must contain, all of it, separated by commas
//   CARNET_KILL_AT      at the how many-th of them, from 1
//
// A write is torn: half of it is done. A sync or a rename is done or not, by whether the number is
// even.
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr int kHeldMillis = 30;

std::vector<std::string> List(const char* variable) {
  std::vector<std::string> list;
  const char* text = std::getenv(variable);
  if (text == nullptr) return list;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    list.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return list;
}

struct Plan {
  std::vector<std::string> calls = List("CARNET_KILL_CALLS");
  std::vector<std::string> paths = List("CARNET_KILL_PATHS");
  uint64_t at = std::strtoull(std::getenv("CARNET_KILL_AT"), nullptr, 10);
  std::atomic<uint64_t> count = 0;
};

// Never destroyed: calls come until the very end.
Plan& ThePlan() {
  static Plan* const plan = new Plan;
  return *plan;
}

bool IsTime(std::string_view call, std::string_view path) {
  Plan& plan = ThePlan();
  bool counts = false;
  for (const std::string& one : plan.calls) counts |= one == call;
  for (const std::string& part : plan.paths) counts &= path.find(part) != std::string_view::npos;
  return counts && ++plan.count == plan.at;
}

bool IsTime(std::string_view call, int fd) {
  const int before = errno;
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = readlink(link.c_str(), path, sizeof path);
  errno = before;
  return size > 0 && IsTime(call, std::string_view(path, static_cast<size_t>(size)));
}

bool IsDone() { return ThePlan().at % 2 == 0; }

[[noreturn]] void Die() {
  // The other threads go on for a moment: whoever says that this call has succeeded before it has
  // is heard.
  poll(nullptr, 0, kHeldMillis);
  kill(getpid(), SIGKILL);
  // The signal comes to the whole process, if not at once to this thread.
  while (true) pause();
}

template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t size) {
  static auto* const real = Real<ssize_t(int, const void*, size_t)>("write");
  if (IsTime("write", fd)) {
    real(fd, data, size / 2);
    Die();
  }
  return real(fd, data, size);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  static auto* const real = Real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  if (IsTime("write", fd)) {
    real(fd, data, size / 2, offset);
    Die();
  }
  return real(fd, data, size, offset);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  return pwrite64(fd, data, size, offset);
}

int fsync(int fd) {
  static auto* const real = Real<int(int)>("fsync");
  if (IsTime("sync", fd)) {
    if (IsDone()) real(fd);
    Die();
  }
  return real(fd);
}

int fdatasync(int fd) {
  static auto* const real = Real<int(int)>("fdatasync");
  if (IsTime("sync", fd)) {
    if (IsDone()) real(fd);
    Die();
  }
  return real(fd);
}

int rename(const char* from, const char* to) {
  static auto* const real = Real<int(const char*, const char*)>("rename");
  if (IsTime("rename", to)) {
    if (IsDone()) real(from, to);
    Die();
  }
  return real(from, to);
}

}  // extern "C"
