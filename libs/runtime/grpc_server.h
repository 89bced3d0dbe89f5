// The gRPC server of a process.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "runtime/tls.h"

namespace grpc {
class CallbackGenericService;
class Server;
class Service;
}  // namespace grpc

namespace carnet::runtime {

class Guard;

// The largest message taken. Twice the largest record: what is a little too large is refused by
// name (RECORD_TOO_LARGE), not by gRPC, which can only say RESOURCE_EXHAUSTED.
inline constexpr int kMaxMessageBytes = 8 << 20;

// Serves until Shutdown(). Beside the services given: grpc.health.v1 and reflection, which want no
// credentials (whether it serves, and a contract that is public).
class GrpcServer {
 public:
  // Listens on every address ("127.0.0.1:7411", "[::1]:0"; port 0: the kernel picks one); without
  // `tls` in clear: then nothing but loopback should be given. `others` (null: none) takes the
  // methods that no service has. All of them and `guard` must outlive the server. Errors:
  // UNAVAILABLE(ADDRESS_IN_USE), those of CheckTlsFiles(), and FAILED_PRECONDITION(ACCESS_RULE_…)
  // where a method does not declare who may call it.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const std::vector<std::string>& addresses, const std::vector<grpc::Service*>& services,
      Guard* guard, const TlsFiles& tls = {}, grpc::CallbackGenericService* others = nullptr);

  // Shuts down, if that was not done.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // As given, with the actual ports.
  const std::vector<std::string>& addresses() const { return addresses_; }

  // What grpc.health.v1 says of the whole server; at first that it serves. From any thread, before
  // Shutdown().
  void SetServing(bool serving);

  // Takes no new calls, ends streams with UNAVAILABLE(SHUTTING_DOWN), lets calls under way finish
  // for one second, then cancels them; returns when all are gone. Handlers must still be able to
  // finish: stop what they wait for afterwards.
  void Shutdown();

 private:
  GrpcServer(std::unique_ptr<grpc::Server> server, std::vector<std::string> addresses,
             Guard* guard);

  std::unique_ptr<grpc::Server> server_;
  const std::vector<std::string> addresses_;
  Guard* const guard_;
};

}  // namespace carnet::runtime
