#include "projector/test_server.h"

#include <stdlib.h>

#include <filesystem>
#include <future>
#include <thread>
#include <utility>

#include "absl/time/clock.h"
#include <grpc/impl/codegen/grpc_types.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include "base/partition.h"

namespace carnet::projector_service::testing {

TestServer::TestServer(absl::Duration patience, int32_t partition_count)
    : folder_(::testing::TempDir() + "/projector-XXXXXX"),
      log_(std::make_shared<event_log::SimulatedDisk>(partition_count, /*seed=*/1), {}) {
  EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  auto projector = projection::MakeProjector(&log_, {.views_folder = folder_ + "/views"});
  EXPECT_TRUE(projector.ok()) << projector.status();
  projector_ = *std::move(projector);
  EXPECT_TRUE(projector_->Start().ok());
  services_ = std::make_unique<ProjectorServices>(ProjectorServices::Parts{
      .projector = projector_.get(),
      .log = &log_,
      .opener = &vault_.opener(),
      .lookup = &vault_.lookup(),
      .guard = &guard_,
      .subscriber_patience = patience,
      .facts = {.version = "1.2.3", .roles = {"projector"}, .started_at = absl::Now()}});
  auto server = runtime::GrpcServer::Start({"127.0.0.1:0"}, services_->services(), &guard_);
  EXPECT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
}

TestServer::~TestServer() {
  Shutdown();
  std::filesystem::remove_all(folder_);
}

void TestServer::Shutdown() {
  if (!server_) return;
  server_->Shutdown();
  projector_->Stop();
  services_ = nullptr;
  projector_ = nullptr;
  server_ = nullptr;
}

v1::Token TestServer::Publish(const query::testing::Said& said) {
  return Append({vault_.Stamp(said)});
}

v1::Token TestServer::Append(const std::vector<log::v1::Change>& changes) {
  std::vector<event_log::Record> records;
  for (const auto& change : changes) {
    log::v1::LogRecord record;
    *record.mutable_change() = change;
    records.push_back({.key = change.merchant(), .value = record.SerializeAsString()});
  }
  const std::string& merchant = changes.front().merchant();
  log_.Append(PartitionOf(merchant, log_.identity().partition_count), std::move(records),
              [](absl::StatusOr<int64_t> offset) { EXPECT_TRUE(offset.ok()); });
  return End(merchant);
}

v1::Token TestServer::Append(const std::string& merchant, std::string record) {
  log_.Append(PartitionOf(merchant, log_.identity().partition_count),
              {{.key = merchant, .value = std::move(record)}},
              [](absl::StatusOr<int64_t> offset) { EXPECT_TRUE(offset.ok()); });
  return End(merchant);
}

v1::Token TestServer::End(const std::string& merchant) {
  v1::Token token;
  token.set_log(log_.identity().log_id.ToString());
  token.set_partition(PartitionOf(merchant, log_.identity().partition_count));
  token.set_offset(*log_.EndOffset(token.partition()));
  return token;
}

std::shared_ptr<grpc::Channel> TestServer::Connect(bool small_window) const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (small_window) {
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 65535);
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  }
  return grpc::CreateCustomChannel(server_->addresses().front(), grpc::InsecureChannelCredentials(),
                                   arguments);
}

bool Eventually(const std::function<bool()>& condition) {
  const absl::Time end = absl::Now() + absl::Seconds(40);
  while (!condition()) {
    if (absl::Now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace carnet::projector_service::testing
