#include "tests/kafka/cluster.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/bytes.h"
#include "base/fatal.h"

namespace carnet::kafka_cluster {
namespace {

using simulation::Process;

// A JVM on a busy machine.
constexpr std::chrono::seconds kPatience(90);

// How often a port that another process will open is tried.
constexpr int kLookEveryMillis = 20;

bool Answers(const std::string& address) {
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.find(':') + 1))));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  close(fd);
  return connected;
}

std::unique_ptr<Process> BrokerProcess(const std::string& folder, int node) {
  const std::string name = std::to_string(node);
  return std::make_unique<Process>(
      Process::Options{.arguments = {KAFKA_SCRIPTS "/broker", folder, name},
                       .environment = {},
                       .error_file = folder + "/stderr-" + name});
}

}  // namespace

Cluster::Cluster(int brokers, const std::string& folder)
    : folder_(folder.empty() ? scratch_.path() : folder) {
  Process format(
      {.arguments = {KAFKA_SCRIPTS "/format", "--brokers", std::to_string(brokers), folder_},
       .environment = {},
       .error_file = folder_ + "/format.stderr"});
  if (format.Wait() != 0) Fatal("can't make a Kafka cluster: " + format.StandardError());
  std::ifstream(folder_ + "/bootstrap") >> bootstrap_;
  std::istringstream all(bootstrap_);
  for (std::string address; std::getline(all, address, ',');) addresses_.push_back(address);
  nodes_.resize(addresses_.size());
  // All at once: none of three answers before there are two.
  for (int node = 1; node <= brokers; ++node) {
    nodes_[static_cast<size_t>(node - 1)] = BrokerProcess(folder_, node);
  }
  for (int node = 1; node <= brokers; ++node) Start(node);
}

void Cluster::Start(int node) {
  const auto index = static_cast<size_t>(node - 1);
  if (nodes_[index] == nullptr) nodes_[index] = BrokerProcess(folder_, node);
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (!Answers(addresses_[index])) {
    if (nodes_[index]->HasEnded()) {
      Fatal("the Kafka broker ended: " + nodes_[index]->StandardError());
    }
    if (std::chrono::steady_clock::now() > give_up) Fatal("the Kafka broker does not answer");
    pollfd output = {.fd = nodes_[index]->output(), .events = 0, .revents = 0};
    poll(&output, 1, kLookEveryMillis);
  }
}

void Cluster::Kill(int node) { nodes_[static_cast<size_t>(node - 1)] = nullptr; }

void Cluster::Terminate(int node) {
  auto& process = nodes_[static_cast<size_t>(node - 1)];
  process->Signal(SIGTERM);
  process->Wait();
  process = nullptr;
}

void Cluster::Freeze(int node) { nodes_[static_cast<size_t>(node - 1)]->Stop(); }
void Cluster::Thaw(int node) { nodes_[static_cast<size_t>(node - 1)]->Signal(SIGCONT); }

std::string Cluster::FilesOf(const std::string& topic, int partition, int node) const {
  return folder_ + "/" + std::to_string(node) + "/log/" + topic + "-" + std::to_string(partition);
}

void Cluster::Truncate(const std::string& topic, int partition, int64_t end, int node) {
  const std::filesystem::path files = FilesOf(topic, partition, node);
  const std::filesystem::path segment = files / "00000000000000000000.log";
  std::ifstream file(segment, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  // Record batches: base offset (8), length of what follows (4), …
  size_t at = 0;
  while (at < bytes.size()) {
    const auto base = static_cast<int64_t>(ReadBigEndian64(std::string_view(bytes).substr(at)));
    if (base >= end) break;
    at += 12 + ReadBigEndian32(std::string_view(bytes).substr(at + 8));
  }
  file.close();
  std::filesystem::resize_file(segment, at);
  for (const auto& entry : std::filesystem::directory_iterator(files)) {
    const std::string extension = entry.path().extension();
    if (extension == ".snapshot" || extension == ".index" || extension == ".timeindex") {
      std::filesystem::remove(entry.path());
    }
  }
  // As after a crash, so that the broker looks at what is there.
  std::filesystem::remove(files.parent_path() / ".kafka_cleanshutdown");
  std::filesystem::remove(files.parent_path() / "recovery-point-offset-checkpoint");
  std::filesystem::remove(files.parent_path() / "replication-offset-checkpoint");
}

Cluster& Cluster::Single() {
  static Cluster cluster;
  return cluster;
}

}  // namespace carnet::kafka_cluster
