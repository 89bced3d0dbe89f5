// The gRPC server of a process.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace grpc {
class Server;
class Service;
}  // namespace grpc

namespace carnet::runtime {

class OpenStreams;

// The largest message taken. Twice the largest record: what is a little too large is refused by
// name (RECORD_TOO_LARGE), not by gRPC, which can only say RESOURCE_EXHAUSTED.
inline constexpr int kMaxMessageBytes = 8 << 20;

// Serves until Shutdown(). Beside the services given: grpc.health.v1 and reflection.
class GrpcServer {
 public:
  // Listens on every address ("127.0.0.1:7411", "[::1]:0"; port 0: the kernel picks one), in clear:
  // nothing but loopback should be given. Services and `streams` must outlive the server. Error:
  // UNAVAILABLE(ADDRESS_IN_USE).
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const std::vector<std::string>& addresses, const std::vector<grpc::Service*>& services,
      OpenStreams* streams);

  // Shuts down, if that was not done.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // As given, with the actual ports.
  const std::vector<std::string>& addresses() const { return addresses_; }

  // Takes no new calls, ends streams with UNAVAILABLE(SHUTTING_DOWN), lets calls under way finish
  // for one second, then cancels them; returns when all are gone. Handlers must still be able to
  // finish: stop what they wait for afterwards.
  void Shutdown();

 private:
  GrpcServer(std::unique_ptr<grpc::Server> server, std::vector<std::string> addresses,
             OpenStreams* streams);

  std::unique_ptr<grpc::Server> server_;
  const std::vector<std::string> addresses_;
  OpenStreams* const streams_;
};

}  // namespace carnet::runtime
