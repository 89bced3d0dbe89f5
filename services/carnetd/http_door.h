// The doors of channels and of tills that were offline, as configured.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "runtime/config.h"

namespace carnet::gateway {
class Clock;
class Gateway;
}  // namespace carnet::gateway
namespace carnet::runtime {
class Guard;
class Metrics;
}  // namespace carnet::runtime

namespace carnet {

class HttpDoor {
 public:
  // Nothing is opened where no address is configured. All arguments must outlive this. Errors tell
  // what to do.
  static absl::StatusOr<std::unique_ptr<HttpDoor>> Open(const runtime::Config& config,
                                                        gateway::Gateway* gateway,
                                                        runtime::Guard* guard,
                                                        gateway::Clock* clock,
                                                        runtime::Metrics* metrics);
  ~HttpDoor();

  // With the actual ports.
  std::vector<std::string> addresses() const;
  // Those behind others, as the port file has them.
  std::vector<std::string> AddressesAfter(std::vector<std::string> others) const;

  // To be called about once a second: reads the file of endpoints again if it changed. One that
  // can't be used is said, and what was read before holds on. `config` is Open()'s.
  void Look(const runtime::Config& config);

  // Answers what is under way, takes nothing more. Before the gateway goes.
  void Shutdown();

 private:
  struct Impl;
  explicit HttpDoor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace carnet
