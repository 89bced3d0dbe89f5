#include "tests/bench/server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <thread>

#include "tests/bench/check.h"
#include "tests/bench/clocks.h"

extern char** environ;

namespace carnet::bench {
namespace {

constexpr double kStartSeconds = 120;  // with a long write-ahead log on a busy machine
constexpr double kStopSeconds = 60;
constexpr size_t kShownOutput = 2000;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> CleanEnvironment() {
  std::vector<std::string> kept;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with("CARNET_")) kept.emplace_back(*variable);
  }
  return kept;
}

void Rest() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }

}  // namespace

Server::Server(const std::vector<std::string>& command, const std::string& port_file,
               const std::string& output)
    : output_(output) {
  std::filesystem::remove(port_file);
  const std::vector<std::string> environment = CleanEnvironment();
  const std::vector<char*> arguments = Pointers(command);
  const std::vector<char*> variables = Pointers(environment);
  const pid_t parent = getpid();
  begun_ = Now();
  pid_ = fork();
  Check(pid_ >= 0, std::string("fork: ") + std::strerror(errno));
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    const int file = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file >= 0) {
      dup2(file, STDOUT_FILENO);
      dup2(file, STDERR_FILENO);
    }
    execve(arguments[0], arguments.data(), variables.data());
    _exit(127);
  }
  while (address_.empty()) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) Died(status);
    Check(Now() - begun_ < kStartSeconds, command[0] + " does not serve");
    const std::string lines = ReadFile(port_file);
    if (const size_t end = lines.find('\n'); end != std::string::npos) {
      address_ = lines.substr(0, end);
      const size_t last = lines.rfind('\n');
      const size_t before = last == 0 ? std::string::npos : lines.rfind('\n', last - 1);
      last_address_ = lines.substr(before + 1, last - before - 1);
    } else {
      Rest();
    }
  }
}

Server::~Server() { Kill(); }

double Server::cpu() const { return CpuOf(pid_); }

Server::Memory Server::memory() const {
  Memory memory;
  std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
  std::string key;
  int64_t value = 0;
  while (file >> key) {
    if (key == "VmRSS:" && file >> value) memory.resident = value << 10;
    if (key == "VmHWM:" && file >> value) memory.highest = value << 10;
  }
  Check(memory.resident > 0, "the server's memory is not known");
  return memory;
}

double Server::Stop() {
  const double begin = Now();
  kill(pid_, SIGTERM);
  int status = 0;
  while (waitpid(pid_, &status, WNOHANG) != pid_) {
    Check(Now() - begin < kStopSeconds, "a server does not end after SIGTERM");
    Rest();
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) Died(status);
  pid_ = 0;
  return Now() - begin;
}

void Server::Kill() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void Server::Died(int status) const {
  const std::string said = ReadFile(output_);
  const std::string how = WIFSIGNALED(status)
                              ? "by signal " + std::to_string(WTERMSIG(status))
                              : "with status " + std::to_string(WEXITSTATUS(status));
  Fail("a server ended " + how + " and said:\n" +
       said.substr(said.size() - std::min(said.size(), kShownOutput)));
}

}  // namespace carnet::bench
