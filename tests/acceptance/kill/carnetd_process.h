// The server as users have it: a process with a data folder, reached over a socket.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include <grpcpp/grpcpp.h>

#include "tests/simulation/process.h"

namespace carnet::acceptance {

// No test waits longer for what must happen.
inline constexpr int kPatienceSeconds = 60;

// For a client's call.
void SetDeadline(grpc::ClientContext* context, double seconds = kPatienceSeconds);

// carnetd, with all roles on the embedded log unless told otherwise.
class CarnetdProcess {
 public:
  // `scratch`: a folder for what is not its data (port file, messages). `more`: further arguments.
  // Not started yet.
  CarnetdProcess(std::string data, std::string scratch, std::vector<std::string> more = {});

  // `environment`: beside what is inherited. Does not wait.
  void Start(const std::vector<std::pair<std::string, std::string>>& environment = {});

  // Until it serves: then channel() is new. False if it ended instead.
  bool WaitUntilServing();

  // Until it is dead, as waitpid() says it.
  int Wait() { return process_->Wait(); }
  bool HasEnded() { return process_->HasEnded(); }
  void Kill();
  // SIGTERM; the exit status.
  int Terminate();

  // In clear.
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  // Where it serves; the same after a new start only if it was told where to.
  const std::string& address() const { return address_; }
  // Where its doors are, if it was told to open them; empty otherwise.
  const std::string& http_address() const { return http_address_; }
  std::string Messages() const { return process_->StandardError(); }
  const std::string& data() const { return data_; }
  pid_t pid() const { return process_->pid(); }

 private:
  const std::string data_;
  const std::string scratch_;
  const std::vector<std::string> more_;
  std::string address_;
  std::string http_address_;
  std::unique_ptr<simulation::Process> process_;
  std::shared_ptr<grpc::Channel> channel_;
};

// What a process of this folder of tests prints until it ends; stops the test if it fails.
std::string OutputOf(const std::vector<std::string>& arguments, const std::string& scratch);

}  // namespace carnet::acceptance
