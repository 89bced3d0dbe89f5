#include "tests/simulation/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/fatal.h"

extern char** environ;

namespace carnet::simulation {
namespace {

std::vector<char*> Pointers(std::vector<std::string>* texts) {
  std::vector<char*> pointers;
  for (std::string& text : *texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> EnvironmentWith(
    const std::vector<std::pair<std::string, std::string>>& more) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    bool replaced = false;
    for (const auto& [name, value] : more) {
      replaced |= text.size() > name.size() && text.starts_with(name) && text[name.size()] == '=';
    }
    if (!replaced) all.emplace_back(text);
  }
  for (const auto& [name, value] : more) all.push_back(name + "=" + value);
  return all;
}

}  // namespace

Process::Process(const Options& options) : error_file_(options.error_file) {
  std::vector<std::string> arguments = options.arguments;
  std::vector<std::string> environment = EnvironmentWith(options.environment);
  const std::vector<char*> raw_arguments = Pointers(&arguments);
  const std::vector<char*> raw_environment = Pointers(&environment);
  int pipe_ends[2];
  CARNET_ASSERT(pipe2(pipe_ends, O_CLOEXEC) == 0);
  pid_ = fork();
  CARNET_ASSERT(pid_ >= 0);
  if (pid_ == 0) {
    // Only what may be done between fork and exec in a process with threads.
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that dies leaves nothing behind
    dup2(pipe_ends[1], STDOUT_FILENO);
    const int error = open(error_file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (error >= 0) dup2(error, STDERR_FILENO);
    execve(raw_arguments[0], raw_arguments.data(), raw_environment.data());
    _exit(127);
  }
  close(pipe_ends[1]);
  output_ = pipe_ends[0];
}

Process::~Process() {
  if (!ended_) {
    Signal(SIGKILL);
    Wait();
  }
  close(output_);
}

void Process::Signal(int signal) const {
  if (!ended_) kill(pid_, signal);
}

void Process::Stop() {
  if (ended_) return;
  Signal(SIGSTOP);
  CARNET_ASSERT(waitpid(pid_, &status_, WUNTRACED) == pid_);
  ended_ = !WIFSTOPPED(status_);
}

int Process::Wait() {
  if (!ended_) {
    CARNET_ASSERT(waitpid(pid_, &status_, 0) == pid_);
    ended_ = true;
  }
  return status_;
}

bool Process::HasEnded() {
  if (!ended_) ended_ = waitpid(pid_, &status_, WNOHANG) == pid_;
  return ended_;
}

std::string Process::ReadOutput() {
  std::string all;
  char bytes[4096];
  for (ssize_t count; (count = read(output_, bytes, sizeof bytes)) > 0;)
    all.append(bytes, static_cast<size_t>(count));
  return all;
}

std::string Process::StandardError() const {
  std::ifstream file(error_file_, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string DescribeStatus(int status) {
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

std::string OwnPath() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

}  // namespace carnet::simulation
