// A process that a test starts, and may kill.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carnet::simulation {

class Process {
 public:
  struct Options {
    std::vector<std::string> arguments;                            // the program first
    std::vector<std::pair<std::string, std::string>> environment;  // beside what is inherited
    std::string error_file;  // where standard error goes, anew
  };

  // Its standard output comes to output(), through a pipe.
  explicit Process(const Options& options);
  // Kills it with SIGKILL and waits, if that was not done.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  int output() const { return output_; }
  // All of it, from here on until the process has closed it.
  std::string ReadOutput();
  pid_t pid() const { return pid_; }
  void Signal(int signal) const;
  // SIGSTOP; returns when all of its threads stand still. SIGCONT lets it go on.
  void Stop();

  // Until it is dead; what waitpid() says of it. The same again when called again.
  int Wait();
  // Whether it is dead; does not wait.
  bool HasEnded();

  std::string StandardError() const;

 private:
  const std::string error_file_;
  pid_t pid_ = -1;
  int output_ = -1;
  bool ended_ = false;
  int status_ = 0;
};

// "exit status 70" or "signal 9".
std::string DescribeStatus(int status);

// The program that runs, so that a test can start itself in another part.
std::string OwnPath();

}  // namespace carnet::simulation
