// A log that is not the one the views were made from, tokens of another one, rules that are too
// new: what can't be right stops, says why, and stops nothing else.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/partition.h"
#include "base/uuid.h"
#include "carnet/log/v1/log.pb.h"
#include "carnet/v1/admin_service.grpc.pb.h"
#include "carnet/v1/ledger_service.grpc.pb.h"
#include "event_log/embedded/embedded_log.h"
#include "runtime/grpc_status.h"
#include "tests/acceptance/kill/carnetd_process.h"
#include "tests/acceptance/kill/checks.h"
#include "tests/acceptance/kill/publisher.h"
#include "tests/simulation/scratch_folder.h"

namespace carnet::acceptance {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::StartsWith;

constexpr int32_t kPartitions = 2;

// Shops of the two partitions.
std::string ShopOf(int32_t partition) {
  for (int i = 0;; ++i) {
    std::string name = "shop-" + std::to_string(i);
    if (PartitionOf(name, kPartitions) == partition) return name;
  }
}

class DivergenceTest : public testing::Test {
 protected:
  DivergenceTest() { Serve(); }

  void Serve() {
    server_.Start();
    ASSERT_TRUE(server_.WaitUntilServing()) << server_.Messages();
  }
  void PublishMore(Publisher* publisher, size_t count) {
    const size_t wanted = publisher->acknowledged() + count;
    ASSERT_EQ(publisher->Publish(server_.channel(), wanted, [] {}), "");
    ASSERT_EQ(publisher->acknowledged(), wanted);
  }
  void Stop() { ASSERT_EQ(server_.Terminate(), 0) << server_.Messages(); }

  carnet::v1::PartitionStatus StatusOf(int32_t partition) {
    grpc::ClientContext context;
    SetDeadline(&context);
    carnet::v1::GetStatusResponse response;
    const grpc::Status status =
        carnet::v1::AdminService::NewStub(server_.channel())->GetStatus(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    for (const auto& one : response.partitions()) {
      if (one.partition() == partition) return one;
    }
    ADD_FAILURE() << response.DebugString();
    return {};
  }

  // Asks for a place that only a stop can keep the views from, and gives the answer.
  absl::Status ReadAt(const std::string& merchant, const carnet::v1::Token& token,
                      double seconds = kPatienceSeconds) {
    grpc::ClientContext context;
    SetDeadline(&context, seconds);
    carnet::v1::ListVouchersRequest request;
    request.set_parent("merchants/" + merchant);
    *request.mutable_min_position() = token;
    carnet::v1::ListVouchersResponse response;
    return runtime::FromGrpcStatus(carnet::v1::LedgerService::NewStub(server_.channel())
                                       ->ListVouchers(&context, request, &response));
  }
  static carnet::v1::Token After(carnet::v1::Token token, int64_t more) {
    token.set_offset(token.offset() + more);
    return token;
  }

  // The first partition has stopped for that reason; it still answers, and the second one goes on.
  void ExpectFirstStopped(const std::string& reason, size_t known) {
    // Whoever waits for more is told of the stop, once it has come.
    const absl::Status told = ReadAt(first_.story().merchant(), After(first_.token(), 1000));
    EXPECT_EQ(ReasonOf(told), "PARTITION_STOPPED") << told;
    EXPECT_THAT(std::string(told.message()), HasSubstr(reason));
    const auto stopped = StatusOf(0);
    EXPECT_EQ(stopped.state(), carnet::v1::PARTITION_STATE_STOPPED);
    EXPECT_THAT(stopped.stopped_because(), StartsWith(reason + ": "));
    EXPECT_EQ(StatusOf(1).state(), carnet::v1::PARTITION_STATE_FOLDING);
    EXPECT_EQ(CheckServed(server_.channel(), first_.story(), known, {}), "");
    ASSERT_NO_FATAL_FAILURE(PublishMore(&second_, 5));
    EXPECT_EQ(
        CheckServed(server_.channel(), second_.story(), second_.acknowledged(), second_.token()),
        "");
  }

  void CopyLog(const std::string& from, const std::string& to) {
    fs::remove_all(folder_.path() + to);
    fs::copy(folder_.path() + from, folder_.path() + to, fs::copy_options::recursive);
  }

  const simulation::ScratchFolder folder_;
  CarnetdProcess server_{folder_.path() + "/data", folder_.path()};
  Publisher first_{ShopStory(ShopOf(0)), Publisher::Way::kUnaryAndWait};
  Publisher second_{ShopStory(ShopOf(1)), Publisher::Way::kUnaryAndWait};
};

TEST_F(DivergenceTest, ALogThatWasCutOrWrittenAnewStopsItsPartition) {
  PublishMore(&first_, 20);
  PublishMore(&second_, 20);
  Stop();
  CopyLog("/data/log", "/older");
  Serve();
  PublishMore(&first_, 20);
  Stop();
  CopyLog("/data/log", "/newer");

  CopyLog("/older", "/data/log");
  Serve();
  ExpectFirstStopped("LOG_CUT", 40);
  // Its log goes on nevertheless: other records come to stand where the old ones were.
  Publisher other(ShopStory(ShopOf(0)), Publisher::Way::kUnary);
  PublishMore(&other, 60);
  Stop();
  Serve();
  ExpectFirstStopped("LOG_REPLACED", 40);
  Stop();

  // The right log again: nothing was harmed.
  CopyLog("/newer", "/data/log");
  Serve();
  PublishMore(&first_, 5);
  EXPECT_EQ(CheckServed(server_.channel(), first_.story(), 45, first_.token()), "");
  Stop();
}

TEST_F(DivergenceTest, ViewsOfAnotherLogAreRefused) {
  PublishMore(&first_, 20);
  Stop();
  fs::rename(folder_.path() + "/data/log", folder_.path() + "/log");
  server_.Start();
  EXPECT_FALSE(server_.WaitUntilServing());
  EXPECT_THAT(server_.Messages(), HasSubstr("the views were folded from log"));
  fs::remove_all(folder_.path() + "/data/log");
  fs::rename(folder_.path() + "/log", folder_.path() + "/data/log");
  Serve();
  EXPECT_EQ(CheckServed(server_.channel(), first_.story(), 20, first_.token()), "");
  Stop();
}

TEST_F(DivergenceTest, RulesTooNewStopTheirPartitionOnly) {
  PublishMore(&first_, 20);
  PublishMore(&second_, 20);
  Stop();
  {
    const auto log = event_log::OpenEmbeddedLog(folder_.path() + "/data/log");
    ASSERT_TRUE(log.ok()) << log.status();
    carnet::log::v1::LogRecord record;
    record.mutable_change()->set_merchant(first_.story().merchant());
    record.mutable_change()->set_id(std::string(Uuid::Random().bytes()));
    record.mutable_change()->set_rules_version(2);
    (*log)->Append(0, {{.key = first_.story().merchant(), .value = record.SerializeAsString()}},
                   [](const absl::StatusOr<int64_t>& offset) { ASSERT_TRUE(offset.ok()); });
  }
  Serve();
  ExpectFirstStopped("RULES_TOO_NEW", 20);
  Stop();
}

TEST_F(DivergenceTest, TokensNeverReadThePast) {
  PublishMore(&first_, 20);
  const std::string merchant = first_.story().merchant();
  EXPECT_TRUE(ReadAt(merchant, first_.token()).ok());

  // Not there by the deadline: how far it is.
  const absl::Status behind = ReadAt(merchant, After(first_.token(), 7), /*seconds=*/0.5);
  EXPECT_TRUE(absl::IsUnavailable(behind)) << behind;
  EXPECT_EQ(ReasonOf(behind), "BEHIND");
  std::string position;
  ForEachErrorMetadata(behind, [&](std::string_view key, std::string_view value) {
    if (key == "position") position = value;
  });
  EXPECT_EQ(position, std::to_string(first_.token().offset()));

  carnet::v1::Token of_another = first_.token();
  of_another.set_log(Uuid::Random().ToString());
  const absl::Status refused = ReadAt(merchant, of_another);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_EQ(ReasonOf(refused), "TOKEN_OF_ANOTHER_LOG");
  Stop();
}

}  // namespace
}  // namespace carnet::acceptance
