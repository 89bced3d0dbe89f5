#include "tests/bench/bench.h"

#include <filesystem>

namespace carnet::bench {

Bench::Bench(const Options& chosen) : options(chosen), changes(chosen.changes) {}

void Bench::Clear() {
  if (carnetd != nullptr) carnetd->Stop();
  carnetd = nullptr;
  std::filesystem::remove_all(data_folder());
  ends.clear();
}

std::unique_ptr<Server> Bench::StartCarnetd(const std::vector<std::string>& more_flags) const {
  const std::string port_file = options.folder + "/carnetd.port";
  std::vector<std::string> command = {
      options.carnetd,
      "--data=" + data_folder(),
      "--listen-addresses=127.0.0.1:0",
      "--listen-metrics=127.0.0.1:0",
      "--listen-port-file=" + port_file,
      // Publishing at full speed outruns the fold, and set-debt is a REQUEST.
      "--gateway-lag-limit=1000000000",
      "--merchant-country=FR",
      "--merchant-utc-offset-minutes=120",
      "--logging-level=warning",
  };
  command.insert(command.end(), more_flags.begin(), more_flags.end());
  return std::make_unique<Server>(command, port_file, options.folder + "/carnetd.log");
}

std::unique_ptr<Server> Bench::StartFloor() const {
  const std::string port_file = options.folder + "/floor.port";
  return std::make_unique<Server>(
      std::vector<std::string>{options.floor, options.folder + "/floor.data", port_file}, port_file,
      options.folder + "/floor.log");
}

}  // namespace carnet::bench
