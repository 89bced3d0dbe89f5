#include "tests/bench/bench.h"

#include <filesystem>

#include "tests/kafka/cluster.h"

namespace carnet::bench {

Bench::Bench(const Options& chosen) : options(chosen), changes(chosen.changes) {}
Bench::~Bench() = default;

void Bench::Clear() {
  if (carnetd != nullptr) carnetd->Stop();
  carnetd = nullptr;
  std::filesystem::remove_all(data_folder());
  ends.clear();
}

std::unique_ptr<Server> Bench::StartCarnetd(const std::vector<std::string>& more_flags) const {
  return StartRole("data", more_flags);
}

std::unique_ptr<Server> Bench::StartRole(const std::string& name,
                                         const std::vector<std::string>& more_flags) const {
  const std::string port_file = options.folder + "/" + name + ".port";
  std::vector<std::string> command = {
      options.carnetd,
      "--data=" + options.folder + "/" + name,
      "--listen-addresses=127.0.0.1:0",
      "--listen-metrics=127.0.0.1:0",
      "--listen-port-file=" + port_file,
      // Publishing at full speed outruns the fold, and set-debt is a REQUEST.
      "--gateway-lag-limit=1000000000",
      "--merchant-country=FR",
      "--merchant-utc-offset-minutes=120",
      "--logging-level=warning",
  };
  if (kafka != nullptr) {
    command.insert(command.end(), {"--log-kind=kafka", "--log-kafka-brokers=" + kafka->bootstrap(),
                                   "--log-kafka-development=true",
                                   "--vault-root-key-file=" + options.folder + "/root.key"});
  }
  command.insert(command.end(), more_flags.begin(), more_flags.end());
  return std::make_unique<Server>(command, port_file, options.folder + "/carnetd.log");
}

std::unique_ptr<Server> Bench::StartFloor() const { return StartFloorOf(options.floor); }

std::unique_ptr<Server> Bench::StartHttpFloor() const { return StartFloorOf(options.http_floor); }

std::unique_ptr<Server> Bench::StartFloorOf(const std::string& program) const {
  const std::string port_file = options.folder + "/floor.port";
  return std::make_unique<Server>(
      std::vector<std::string>{program, options.folder + "/floor.data", port_file}, port_file,
      options.folder + "/floor.log");
}

}  // namespace carnet::bench
