#include "tests/acceptance/kill/carnetd_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/fatal.h"

namespace carnet::acceptance {
namespace {

// How often a file that another process will make is looked for.
constexpr int kLookEveryMillis = 2;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

void SetDeadline(grpc::ClientContext* context, double seconds) {
  context->set_deadline(std::chrono::system_clock::now() +
                        std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000)));
}

CarnetdProcess::CarnetdProcess(std::string data, std::string scratch, std::vector<std::string> more)
    : data_(std::move(data)), scratch_(std::move(scratch)), more_(std::move(more)) {}

void CarnetdProcess::Start(const std::vector<std::pair<std::string, std::string>>& environment) {
  process_ = nullptr;
  channel_ = nullptr;
  std::filesystem::remove(scratch_ + "/port");
  // A process that others know keeps its address when it starts again.
  std::vector<std::string> arguments = {
      CARNETD_BINARY,
      "--data",
      data_,
      "--listen-addresses",
      address_.empty() || more_.empty() ? "127.0.0.1:0" : address_,
      "--listen-metrics",
      "",
      "--listen-port-file",
      scratch_ + "/port",
      "--log-partitions",
      "2"};
  arguments.insert(arguments.end(), more_.begin(), more_.end());
  process_ = std::make_unique<simulation::Process>(
      simulation::Process::Options{.arguments = std::move(arguments),
                                   .environment = environment,
                                   .error_file = scratch_ + "/carnetd.stderr"});
}

bool CarnetdProcess::WaitUntilServing() {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(kPatienceSeconds);
  while (!std::filesystem::exists(scratch_ + "/port")) {
    if (process_->HasEnded()) return false;
    CARNET_ASSERT(std::chrono::steady_clock::now() < give_up);
    pollfd output = {.fd = process_->output(), .events = POLLIN, .revents = 0};
    poll(&output, 1, kLookEveryMillis);
  }
  std::istringstream lines(ReadFile(scratch_ + "/port"));
  std::getline(lines, address_);
  std::getline(lines, http_address_);
  grpc::ChannelArguments arguments;
  // A subchannel of its own, not one left over from a process that was killed.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  channel_ = grpc::CreateCustomChannel(address_, grpc::InsecureChannelCredentials(), arguments);
  return true;
}

void CarnetdProcess::Kill() {
  process_->Signal(SIGKILL);
  process_->Wait();
}

int CarnetdProcess::Terminate() {
  channel_ = nullptr;  // a server waits a second for idle clients to hang up
  process_->Signal(SIGTERM);
  const int status = process_->Wait();
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string OutputOf(const std::vector<std::string>& arguments, const std::string& scratch) {
  simulation::Process process(
      {.arguments = arguments, .environment = {}, .error_file = scratch + "/output.stderr"});
  std::string output = process.ReadOutput();
  const int status = process.Wait();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return output;
  Fatal(arguments[0] + ": " + simulation::DescribeStatus(status) + ": " + process.StandardError());
}

}  // namespace carnet::acceptance
