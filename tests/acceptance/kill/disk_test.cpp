// A disk that is full or read-only: the server says so, nothing is damaged, and it goes on once the
// disk takes writes again.
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "carnet/v1/ledger_service.grpc.pb.h"
#include "runtime/grpc_status.h"
#include "tests/acceptance/kill/carnetd_process.h"
#include "tests/acceptance/kill/checks.h"
#include "tests/acceptance/kill/publisher.h"
#include "tests/acceptance/kill/small_disk.h"
#include "tests/simulation/scratch_folder.h"

namespace carnet::acceptance {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

constexpr uint64_t kDiskMegabytes = 700;

class DiskTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_.path() + "/disk");
    disk_ = std::make_unique<SmallDisk>(folder_.path() + "/disk", kDiskMegabytes);
    if (!disk_->is_mounted()) GTEST_SKIP() << "no right to mount a small disk here";
    ASSERT_NO_FATAL_FAILURE(Serve());
    ASSERT_NO_FATAL_FAILURE(PublishMore(40));
  }
  void TearDown() override {
    server_ = nullptr;
    disk_ = nullptr;
  }

  void Serve() {
    if (server_ == nullptr) {
      server_ = std::make_unique<CarnetdProcess>(folder_.path() + "/disk/data", folder_.path());
    }
    server_->Start();
    ASSERT_TRUE(server_->WaitUntilServing()) << server_->Messages();
  }

  void PublishMore(size_t count) {
    const size_t wanted = publisher_.acknowledged() + count;
    ASSERT_EQ(publisher_.Publish(server_->channel(), wanted, [] {}), "");
    ASSERT_EQ(publisher_.acknowledged(), wanted) << server_->Messages();
  }

  // What the server says to the next change.
  absl::Status TryToPublish() {
    grpc::ClientContext context;
    SetDeadline(&context);
    carnet::v1::PublishRequest request;
    *request.mutable_change() = publisher_.story().At(publisher_.acknowledged());
    carnet::v1::PublishResponse response;
    return runtime::FromGrpcStatus(carnet::v1::ChangeService::NewStub(server_->channel())
                                       ->Publish(&context, request, &response));
  }

  // The server is told to start and says why it does not.
  std::string WhyItDoesNotStart() {
    server_->Start();
    EXPECT_FALSE(server_->WaitUntilServing());
    const int status = server_->Wait();
    EXPECT_TRUE(WIFEXITED(status)) << simulation::DescribeStatus(status);
    EXPECT_NE(WEXITSTATUS(status), 0);
    return server_->Messages();
  }

  void ExpectAllThere() {
    EXPECT_EQ(CheckServed(server_->channel(), publisher_.story(), publisher_.acknowledged(),
                          publisher_.token()),
              "");
  }

  // Down and up again, and all is as the log says.
  void ExpectWholeAfterwards() {
    ASSERT_NO_FATAL_FAILURE(PublishMore(20));
    ExpectAllThere();
    EXPECT_EQ(server_->Terminate(), 0) << server_->Messages();
    EXPECT_EQ(CompareWithRefold(server_->data(), folder_.path(), 9, /*all=*/true), "");
  }

  const simulation::ScratchFolder folder_;
  std::unique_ptr<SmallDisk> disk_;
  std::unique_ptr<CarnetdProcess> server_;
  Publisher publisher_{ShopStory("shop"), Publisher::Way::kUnary};
};

TEST_F(DiskTest, FullWhileItRunsIsToldAndPasses) {
  disk_->FillUpTo(100);  // below what the log keeps free
  const absl::Status refused = TryToPublish();
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_EQ(ReasonOf(refused), "DISK_FULL") << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("space"));
  ExpectAllThere();
  disk_->MakeRoom();
  ExpectWholeAfterwards();
}

TEST_F(DiskTest, FullUnderLoadDamagesNothing) {
  // Two at once, so that there is always something under way.
  Publisher other(ShopStory("other-shop"), Publisher::Way::kBatch);
  std::string wrong_of_other;
  std::thread load([&] { wrong_of_other = other.Publish(server_->channel(), 1'000'000, [] {}); });
  const std::string wrong = publisher_.Publish(server_->channel(), 1'000'000, [this] {
    if (publisher_.acknowledged() == 200) disk_->FillUpTo(0);
  });
  load.join();
  EXPECT_EQ(wrong, "");
  EXPECT_EQ(wrong_of_other, "");
  // Either nothing more was taken in time, or a write failed; then it says so and ends.
  const absl::Status refused = server_->HasEnded() ? absl::OkStatus() : TryToPublish();
  if (server_->HasEnded()) {
    const int status = server_->Wait();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 70)
        << simulation::DescribeStatus(status) << server_->Messages();
    EXPECT_THAT(server_->Messages(), AllOf(HasSubstr("carnet: fatal: "), HasSubstr("space")));
    std::printf("it ended: %s", server_->Messages().c_str());
  } else {
    EXPECT_EQ(ReasonOf(refused), "DISK_FULL") << refused;
    std::printf("it took nothing more: %s\n", refused.ToString().c_str());
    server_->Kill();
  }

  EXPECT_THAT(WhyItDoesNotStart(), AnyOf(HasSubstr("not enough space"), HasSubstr("room")));
  disk_->MakeRoom();
  ASSERT_NO_FATAL_FAILURE(Serve());
  ASSERT_EQ(other.Publish(server_->channel(), other.acknowledged() + 20, [] {}), "");
  EXPECT_EQ(CheckServed(server_->channel(), other.story(), other.acknowledged(), other.token()),
            "");
  ExpectWholeAfterwards();
}

TEST_F(DiskTest, ReadOnlyIsToldAtTheStart) {
  ASSERT_EQ(server_->Terminate(), 0);
  disk_->SetReadOnly(true);
  EXPECT_THAT(WhyItDoesNotStart(),
              AllOf(HasSubstr("carnetd: "), HasSubstr("/disk/data"),
                    AnyOf(HasSubstr("ead-only"), HasSubstr("can't be written"))));
  disk_->SetReadOnly(false);
  ASSERT_NO_FATAL_FAILURE(Serve());
  ExpectWholeAfterwards();
}

}  // namespace
}  // namespace carnet::acceptance
