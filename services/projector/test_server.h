// For tests: a log, its views and the services over a real socket.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include <grpcpp/channel.h>

#include "carnet/log/v1/log.pb.h"
#include "carnet/v1/token.pb.h"
#include "event_log/simulated/simulated_log.h"
#include "projection/projector.h"
#include "projector/projector_services.h"
#include "query/test_support.h"
#include "runtime/grpc_server.h"
#include "runtime/guard.h"

namespace carnet::projector_service::testing {

class TestServer {
 public:
  explicit TestServer(absl::Duration patience = absl::Seconds(30), int32_t partition_count = 1);
  ~TestServer();

  // Appends to the log, as a gateway would. What comes back sees it all.
  v1::Token Publish(const query::testing::Said& said);
  v1::Token Append(const std::string& merchant, std::string record);
  v1::Token Append(const std::vector<log::v1::Change>& changes);  // of one merchant

  // The end of a merchant's partition.
  v1::Token End(const std::string& merchant = "shop-1");

  // A channel of its own; `small_window`: one that takes little before it is read from.
  std::shared_ptr<grpc::Channel> Connect(bool small_window = false) const;

  // Ends streams, the projector and the services, in that order. The log stays.
  void Shutdown();

  query::testing::Vault& vault() { return vault_; }
  size_t subscribers() const { return services_->subscribers(); }
  projection::Projector& projector() { return *projector_; }

 private:
  std::string folder_;
  query::testing::Vault vault_;
  event_log::SimulatedLog log_;
  std::unique_ptr<projection::Projector> projector_;
  runtime::Guard guard_;
  std::unique_ptr<ProjectorServices> services_;
  std::unique_ptr<runtime::GrpcServer> server_;
};

// Waits until `condition` holds, at most 40 s; whether it does.
bool Eventually(const std::function<bool()>& condition);

}  // namespace carnet::projector_service::testing
