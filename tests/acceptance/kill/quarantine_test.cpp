// A record that can't be folded stops its partition, until an operator decides that it does not
// count: then what stands behind it is folded, nothing else is lost, and every later fold of the
// log comes to the same rows.
#include "event_log/quarantine.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/partition.h"
#include "base/uuid.h"
#include "carnet/log/v1/log.pb.h"
#include "carnet/v1/admin_service.grpc.pb.h"
#include "event_log/embedded/embedded_log.h"
#include "event_log/log_helpers_test.h"
#include "runtime/grpc_status.h"
#include "tests/acceptance/kill/carnetd_process.h"
#include "tests/acceptance/kill/checks.h"
#include "tests/acceptance/kill/publisher.h"
#include "tests/simulation/scratch_folder.h"

namespace carnet::acceptance {
namespace {

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

class QuarantineTest : public testing::Test {
 protected:
  QuarantineTest() {
    Serve();
    PublishMore(&first_, 20);
    PublishMore(&second_, 20);
    Stop();
  }

  void Serve() {
    server_.Start();
    ASSERT_TRUE(server_.WaitUntilServing()) << server_.Messages();
    admin_ = carnet::v1::AdminService::NewStub(server_.channel());
  }
  void Stop() { ASSERT_EQ(server_.Terminate(), 0) << server_.Messages(); }
  void PublishMore(Publisher* publisher, size_t count) {
    const size_t wanted = publisher->acknowledged() + count;
    ASSERT_EQ(publisher->Publish(server_.channel(), wanted, [] {}), "");
    ASSERT_EQ(publisher->acknowledged(), wanted);
  }
  std::string CheckShop(const Publisher& publisher) {
    return CheckServed(server_.channel(), publisher.story(), publisher.acknowledged(),
                       publisher.token());
  }

  std::unique_ptr<event_log::EventLog> OpenLog() {
    return *event_log::OpenEmbeddedLog(folder_.path() + "/data/log");
  }
  // Puts a change into partition 0 that this binary must not fold. Its id.
  std::string PutUnfoldable() {
    const std::string id(Uuid::Random().bytes());
    carnet::log::v1::LogRecord record;
    record.mutable_change()->set_merchant(first_.story().merchant());
    record.mutable_change()->set_id(id);
    record.mutable_change()->set_rules_version(2);
    const auto log = OpenLog();
    const auto offset = event_log::AppendAndWait(
        log.get(), 0, {{.key = first_.story().merchant(), .value = record.SerializeAsString()}});
    EXPECT_TRUE(offset.ok()) << offset.status();
    return id;
  }

  // Of partition 0, once it stopped.
  carnet::v1::PartitionStatus WaitUntilStopped() {
    const absl::Time give_up = absl::Now() + absl::Seconds(kPatienceSeconds);
    while (absl::Now() < give_up) {
      grpc::ClientContext context;
      SetDeadline(&context);
      carnet::v1::GetStatusResponse status;
      if (!admin_->GetStatus(&context, {}, &status).ok()) break;
      if (status.partitions(0).state() == carnet::v1::PARTITION_STATE_STOPPED) {
        return status.partitions(0);
      }
    }
    ADD_FAILURE() << "partition 0 did not stop: " << server_.Messages();
    return {};
  }
  absl::Status Resume() {
    grpc::ClientContext context;
    SetDeadline(&context);
    carnet::v1::ResumePartitionRequest request;
    carnet::v1::ResumePartitionResponse response;
    return runtime::FromGrpcStatus(admin_->ResumePartition(&context, request, &response));
  }
  absl::Status Quarantine(const carnet::v1::RecordPlace& record) {
    grpc::ClientContext context;
    SetDeadline(&context);
    carnet::v1::QuarantineRecordRequest request;
    request.set_partition(record.partition());
    request.set_offset(record.offset());
    request.set_record_hash(record.record_hash());
    request.set_note("made by a later release");
    carnet::v1::QuarantineRecordResponse response;
    return runtime::FromGrpcStatus(admin_->QuarantineRecord(&context, request, &response));
  }

  const simulation::ScratchFolder folder_;
  CarnetdProcess server_{folder_.path() + "/data", folder_.path()};
  std::unique_ptr<carnet::v1::AdminService::Stub> admin_;
  Publisher first_{ShopStory(ShopOf(0)), Publisher::Way::kUnary};
  Publisher second_{ShopStory(ShopOf(1)), Publisher::Way::kUnaryAndWait};
};

TEST_F(QuarantineTest, WhatStandsBehindTheRecordIsFoldedOnceItIsTakenOut) {
  const std::string id = PutUnfoldable();
  Serve();
  const carnet::v1::PartitionStatus stopped = WaitUntilStopped();
  EXPECT_THAT(stopped.stopped_because(), StartsWith("RULES_TOO_NEW: "));
  const carnet::v1::RecordPlace record = stopped.stopped_at();
  EXPECT_EQ(record.offset(), stopped.position());
  EXPECT_EQ(record.merchant(), first_.story().merchant());
  EXPECT_EQ(record.change_id(), Uuid::FromBytes(id)->ToString());
  // Facts are taken; the other partition does not notice.
  PublishMore(&first_, 5);
  PublishMore(&second_, 5);
  EXPECT_EQ(CheckShop(second_), "");

  const absl::Status again = Resume();
  EXPECT_EQ(ReasonOf(again), "RULES_TOO_NEW") << again;
  EXPECT_THAT(std::string(again.message()), HasSubstr("stopped again"));
  carnet::v1::RecordPlace other = record;
  other.set_offset(record.offset() + 1);
  EXPECT_EQ(ReasonOf(Quarantine(other)), "NOT_STOPPED_AT_RECORD");
  other = record;
  other.set_record_hash(std::string(32, '0'));
  EXPECT_EQ(ReasonOf(Quarantine(other)), "NOT_STOPPED_AT_RECORD");

  ASSERT_TRUE(Quarantine(record).ok());
  EXPECT_EQ(CheckShop(first_), "") << "all 25, in order";
  EXPECT_TRUE(Quarantine(record).ok()) << "twice does no harm";
  EXPECT_TRUE(Resume().ok()) << "it folds";
  {
    grpc::ClientContext context;
    SetDeadline(&context);
    carnet::v1::ListDeadLettersRequest request;
    request.set_merchant(first_.story().merchant());
    carnet::v1::ListDeadLettersResponse letters;
    ASSERT_TRUE(admin_->ListDeadLetters(&context, request, &letters).ok());
    ASSERT_EQ(letters.dead_letters_size(), 1);
    EXPECT_EQ(letters.dead_letters(0).reason(), "QUARANTINED");
    EXPECT_EQ(letters.dead_letters(0).change_id(), record.change_id());
  }
  {
    grpc::ClientContext context;
    SetDeadline(&context);
    carnet::v1::ListQuarantinedRecordsResponse list;
    ASSERT_TRUE(admin_->ListQuarantinedRecords(&context, {}, &list).ok());
    ASSERT_EQ(list.records_size(), 1);
    EXPECT_EQ(list.records(0).record().offset(), record.offset());
    EXPECT_EQ(list.records(0).note(), "made by a later release");
  }
  Stop();
  EXPECT_EQ(CompareWithRefold(folder_.path() + "/data", folder_.path(), 7, /*all=*/true), "");
  Serve();
  PublishMore(&first_, 5);
  EXPECT_EQ(CheckShop(first_), "");
  Stop();
}

TEST_F(QuarantineTest, ADecisionThatComesAfterItsRecordWasFoldedWantsTheViewsAnew) {
  {
    const auto log = OpenLog();
    const auto records = event_log::ReadToEnd(log.get(), 0, 5);
    ASSERT_TRUE(records.ok()) << records.status();
    const event_log::ReadRecord& folded = records->front();
    ASSERT_TRUE(log->AddToQuarantine(event_log::MakeQuarantineEntry(
                                         log->identity(), 0,
                                         {.offset = 5, .key = folded.key, .value = folded.value}))
                    .ok());
  }
  Serve();
  EXPECT_THAT(WaitUntilStopped().stopped_because(), StartsWith("QUARANTINED_LATE: "));
  Stop();
  std::filesystem::remove_all(folder_.path() + "/data/views");
  Serve();
  PublishMore(&second_, 1);
  EXPECT_EQ(CheckShop(second_), "");
  Stop();
  EXPECT_EQ(CompareWithRefold(folder_.path() + "/data", folder_.path(), 3), "");
}

}  // namespace
}  // namespace carnet::acceptance
