// The projector over a simulated log: follows, resumes, waits, and stops where it must.
#include "projection/projector.h"

#include <atomic>
#include <fstream>
#include <future>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/error.h"
#include "base/partition.h"
#include "projection/log_helpers_test.h"
#include "projection/refold.h"

namespace carnet::projection {
namespace {

namespace fs = std::filesystem;
using SnapshotPtr = std::shared_ptr<const view_store::Snapshot>;
using testing::HasSubstr;
using testing::StartsWith;

class ProjectorTest : public testing::Test {
 protected:
  std::string views() const { return folder_.path() + "/views"; }
  ProjectorOptions Options() const {
    ProjectorOptions options;
    options.views_folder = views();
    return options;
  }
  std::unique_ptr<Projector> Make() {
    auto projector = MakeProjector(log_.get(), Options());
    EXPECT_TRUE(projector.ok()) << projector.status();
    return *std::move(projector);
  }
  std::unique_ptr<Projector> MakeAndStart() {
    auto projector = Make();
    const absl::Status started = projector->Start();
    EXPECT_TRUE(started.ok()) << started;
    return projector;
  }
  int64_t End(int32_t partition = 0) { return log_->EndOffset(partition).value(); }

  TempFolder folder_;
  std::unique_ptr<event_log::SimulatedLog> log_ = NewLog();
};

std::future<absl::StatusOr<SnapshotPtr>> Wait(Projector* projector, int64_t offset,
                                              absl::Duration patience = kPatience,
                                              int32_t partition = 0) {
  auto answer = std::make_shared<std::promise<absl::StatusOr<SnapshotPtr>>>();
  auto future = answer->get_future();
  projector->WhenAt(
      partition, offset, absl::Now() + patience,
      [answer](absl::StatusOr<SnapshotPtr> snapshot) { answer->set_value(std::move(snapshot)); });
  return future;
}

bool IsDone(const std::future<absl::StatusOr<SnapshotPtr>>& future) {
  return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

// Waits until the partition stops; the reason.
std::string StopOf(Projector* projector) {
  const auto stopped = Wait(projector, 1'000'000'000).get();
  EXPECT_EQ(ReasonOf(stopped.status()), "PARTITION_STOPPED") << stopped.status();
  return projector->progress().front().stopped_because;
}

TEST_F(ProjectorTest, FollowsTheLogAndWakesWhoWaits) {
  const auto projector = MakeAndStart();
  std::atomic<int> advances = 0;
  auto handle = projector->OnAdvance(0, [&] { ++advances; });

  auto reached = Wait(projector.get(), 2);
  EXPECT_FALSE(IsDone(reached));
  Append(log_.get(), 0, Sale("shop", 1));
  const auto snapshot = reached.get();
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->position(), 2);
  int vouchers = 0;
  (*snapshot)->Scan(domain::Family::kEntries, "",
                    [&](std::string_view, std::string_view) { return ++vouchers > 0; });
  EXPECT_EQ(vouchers, 1);

  EXPECT_TRUE(IsDone(Wait(projector.get(), 2))) << "at once, in the call";
  EXPECT_EQ(projector->snapshot(0).value()->position(), 2);
  ASSERT_TRUE(Wait(projector.get(), 2).get().ok());

  // A listener has been called by the end of the next batch, and not after its handle is gone.
  Append(log_.get(), 0, Sale("shop", 2));
  ASSERT_TRUE(Wait(projector.get(), 3).get().ok());
  Append(log_.get(), 0, Sale("shop", 3));
  ASSERT_TRUE(Wait(projector.get(), 4).get().ok());
  EXPECT_GE(advances, 1);
  handle = nullptr;
  const int before = advances;
  Append(log_.get(), 0, Sale("shop", 4));
  ASSERT_TRUE(Wait(projector.get(), 5).get().ok());
  EXPECT_EQ(advances, before);

  const PartitionProgress progress = projector->progress().front();
  EXPECT_EQ(progress.position, 5);
  EXPECT_EQ(progress.generation, 1u);
  EXPECT_EQ(progress.stopped_because, "");
}

TEST_F(ProjectorTest, ResumesWhereItWasAndEqualsARefold) {
  const std::vector<event_log::Record> records = SomeRecords(4000);
  for (size_t i = 0; i < records.size(); i += 500) {
    const auto projector = MakeAndStart();
    Append(log_.get(), 0,
           {records.begin() + static_cast<ptrdiff_t>(i),
            records.begin() + static_cast<ptrdiff_t>(i) + 500});
    // Every other time it ends in the middle of its work.
    if (i % 1000 == 0) {
      ASSERT_TRUE(Wait(projector.get(), static_cast<int64_t>(i) + 1).get().ok());
    }
  }
  {
    const auto projector = MakeAndStart();
    ASSERT_TRUE(Wait(projector.get(), End()).get().ok());
  }
  const auto live = view_store::OpenViewStore(views() + "/0/gen-1", SmallStore());
  ASSERT_TRUE(live.ok()) << live.status();
  const auto refold = view_store::OpenViewStore(folder_.path() + "/refold", SmallStore());
  ASSERT_TRUE(refold.ok());
  ASSERT_TRUE(FoldInto(log_.get(), 0, End(), refold->get(), 77).ok());
  EXPECT_EQ(DigestOf(**live), DigestOf(**refold));
}

TEST_F(ProjectorTest, EachPartitionHasItsOwnViews) {
  log_ = NewLog(4);
  const auto projector = MakeAndStart();
  EXPECT_EQ(projector->partitions().size(), 4u);
  std::vector<int64_t> ends(4, 1);
  for (uint32_t i = 0; i < 20; ++i) {
    const std::string merchant = absl::StrCat("shop-", i);
    const int32_t partition = PartitionOf(merchant, 4);
    Append(log_.get(), partition, Sale(merchant, i));
    ++ends[static_cast<size_t>(partition)];
  }
  uint64_t applied = 0;
  for (int32_t p = 0; p < 4; ++p) {
    ASSERT_TRUE(Wait(projector.get(), ends[static_cast<size_t>(p)], kPatience, p).get().ok());
  }
  projector->Stop();
  for (const PartitionProgress& progress : projector->progress()) applied += progress.applied;
  EXPECT_EQ(applied, 20u);
}

TEST_F(ProjectorTest, APartitionThatIsNotServedSaysSo) {
  const auto projector = MakeAndStart();
  EXPECT_EQ(ReasonOf(projector->snapshot(7).status()), "PARTITION_NOT_SERVED");
  EXPECT_EQ(ReasonOf(Wait(projector.get(), 0, kPatience, 7).get().status()),
            "PARTITION_NOT_SERVED");
  ProjectorOptions options = Options();
  options.partitions = {7};
  EXPECT_EQ(ReasonOf(MakeProjector(log_.get(), options).status()), "NO_SUCH_PARTITION");
}

TEST_F(ProjectorTest, ADeadlineSaysHowFarItIs) {
  const auto projector = MakeAndStart();
  ASSERT_TRUE(Wait(projector.get(), 1).get().ok());
  // Deadlines in another order than the waits began; both end though nothing comes.
  auto later = Wait(projector.get(), 100, absl::Milliseconds(60));
  auto sooner = Wait(projector.get(), 50, absl::Milliseconds(20));
  const absl::Status behind = sooner.get().status();
  EXPECT_EQ(behind.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(behind), "BEHIND");
  EXPECT_EQ(std::string(behind.GetPayload("carnet.v1/metadata/position").value()), "1");
  EXPECT_EQ(std::string(behind.GetPayload("carnet.v1/metadata/wanted").value()), "50");
  EXPECT_FALSE(IsDone(later));
  EXPECT_EQ(ReasonOf(later.get().status()), "BEHIND");
  EXPECT_EQ(ReasonOf(Wait(projector.get(), 100, absl::ZeroDuration()).get().status()), "BEHIND");
}

TEST_F(ProjectorTest, ShuttingDownEndsWaits) {
  const auto projector = MakeAndStart();
  auto waiting = Wait(projector.get(), 100);
  projector->Stop();
  EXPECT_EQ(ReasonOf(waiting.get().status()), "SHUTTING_DOWN");
  EXPECT_EQ(ReasonOf(Wait(projector.get(), 100).get().status()), "SHUTTING_DOWN");
  EXPECT_TRUE(Wait(projector.get(), 1).get().ok() || projector->progress()[0].position == 0);
}

TEST_F(ProjectorTest, NewerRulesStopThePartition) {
  const auto projector = MakeAndStart();
  Append(log_.get(), 0, Sale("shop", 1));
  auto newer = Sale("shop", 2);
  newer.set_rules_version(1000);
  Append(log_.get(), 0, newer);
  Append(log_.get(), 0, Sale("shop", 3));
  EXPECT_THAT(StopOf(projector.get()),
              AllOf(StartsWith("RULES_TOO_NEW: at offset 2"), HasSubstr("upgrade")));
  EXPECT_EQ(projector->snapshot(0).value()->position(), 2) << "reads go on";
  const absl::Status waited = Wait(projector.get(), 3).get().status();
  EXPECT_THAT(std::string(waited.message()), HasSubstr("RULES_TOO_NEW"));
  EXPECT_TRUE(Wait(projector.get(), 2).get().ok());
}

TEST_F(ProjectorTest, ALogThatWasCutStopsThePartition) {
  Append(log_.get(), 0, SomeRecords(20));
  {
    const auto projector = MakeAndStart();
    ASSERT_TRUE(Wait(projector.get(), 21).get().ok());
  }
  log_->TruncateTo(0, 15);
  {
    const auto projector = MakeAndStart();
    EXPECT_THAT(StopOf(projector.get()),
                AllOf(StartsWith("LOG_CUT"), HasSubstr("ends at offset 15")));
  }
  // Grown again to the same length, with other records.
  Append(log_.get(), 0, SomeRecords(20, 2));
  const auto projector = MakeAndStart();
  EXPECT_THAT(StopOf(projector.get()), AllOf(StartsWith("LOG_REPLACED"), HasSubstr("offset 20")));
  EXPECT_EQ(projector->progress().front().position, 21);
}

TEST_F(ProjectorTest, ALogThatIsCutWhileItIsReadStopsThePartition) {
  Append(log_.get(), 0, SomeRecords(20));
  const auto projector = MakeAndStart();
  ASSERT_TRUE(Wait(projector.get(), 21).get().ok());
  log_->TruncateTo(0, 15);
  Append(log_.get(), 0, SomeRecords(3, 2));
  EXPECT_THAT(StopOf(projector.get()), StartsWith("LOG_CUT"));
}

TEST_F(ProjectorTest, ALogWithoutItsBeginningStopsThePartition) {
  Append(log_.get(), 0, SomeRecords(20));
  log_->DropBefore(0, 5);
  const auto projector = MakeAndStart();
  EXPECT_THAT(StopOf(projector.get()), StartsWith("LOG_CUT"));
  EXPECT_EQ(projector->progress().front().position, 0);
}

TEST_F(ProjectorTest, ALogInPlaceOfAnotherStopsThePartition) {
  Append(log_.get(), 0, SomeRecords(20));
  {
    const auto projector = MakeAndStart();
    ASSERT_TRUE(Wait(projector.get(), 21).get().ok());
  }
  log_->Replace();
  Append(log_.get(), 0, SomeRecords(30));
  const auto projector = MakeAndStart();
  EXPECT_THAT(StopOf(projector.get()), StartsWith("LOG_REPLACED"));
}

TEST_F(ProjectorTest, ViewsOfAnotherLogAreRefused) {
  Append(log_.get(), 0, SomeRecords(2));
  {
    const auto projector = MakeAndStart();
    ASSERT_TRUE(Wait(projector.get(), 3).get().ok());
  }
  log_ = std::make_unique<event_log::SimulatedLog>(std::make_shared<event_log::SimulatedDisk>(1, 2),
                                                   event_log::SimulatedLog::Options{});
  const absl::Status refused = Make()->Start();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), "VIEWS_OF_ANOTHER_LOG");
}

TEST_F(ProjectorTest, ASealedLogIsTheEndNowAndAfterARestart) {
  Append(log_.get(), 0, Sale("shop", 1));
  carnet::log::v1::LogRecord seal;
  seal.mutable_log_sealed();
  Append(log_.get(), 0, {{"", seal.SerializeAsString()}});
  for (int round = 0; round < 2; ++round) {
    const auto projector = MakeAndStart();
    EXPECT_THAT(StopOf(projector.get()), StartsWith("LOG_SEALED"));
    EXPECT_EQ(projector->progress().front().position, 3);
  }
}

TEST_F(ProjectorTest, ErrorsOfTheLogArePassing) {
  log_ = std::make_unique<event_log::SimulatedLog>(
      std::make_shared<event_log::SimulatedDisk>(1, 3),
      event_log::SimulatedLog::Options{.faults = {.read_errors = 300}});
  const auto projector = MakeAndStart();
  for (uint32_t i = 1; i <= 5; ++i) {
    Append(log_.get(), 0, Sale("shop", i));
    ASSERT_TRUE(Wait(projector.get(), i + 1).get().ok());
  }
  EXPECT_EQ(projector->progress().front().stopped_because, "");
  EXPECT_EQ(projector->progress().front().applied, 5u);
}

TEST_F(ProjectorTest, LeftoversOfACrashedAttemptAreDeleted) {
  { Make(); }
  ASSERT_TRUE(fs::exists(views() + "/0/gen-1"));
  fs::create_directories(views() + "/0/gen-2");
  std::ofstream(views() + "/0/gen-2/half") << "x";
  std::ofstream(views() + "/0/CURRENT.tmp") << "gen-";
  { Make(); }
  EXPECT_FALSE(fs::exists(views() + "/0/gen-2"));
  EXPECT_FALSE(fs::exists(views() + "/0/CURRENT.tmp"));
  // Generation 1 itself is an attempt until CURRENT names it.
  fs::remove(views() + "/0/CURRENT");
  std::ofstream(views() + "/0/gen-1/FORMAT") << "half";
  { Make(); }
  EXPECT_TRUE(fs::exists(views() + "/0/CURRENT"));
}

TEST_F(ProjectorTest, TwoProjectorsCanNotServeTheSameViews) {
  const auto first = Make();
  EXPECT_EQ(ReasonOf(MakeProjector(log_.get(), Options()).status()), "VIEWS_IN_USE");
}

}  // namespace
}  // namespace carnet::projection
