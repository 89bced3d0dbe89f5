// The power fails under load, at any operation of the disk: what was not synced is gone. The log
// keeps what it acknowledged; the views are as some prefix of the log made them, in all families,
// and fill up again to the same bytes.
//
// CARNET_SEED repeats a run, CARNET_POWER_LOSSES asks for more of them.
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>

#include "absl/time/clock.h"
#include <gtest/gtest.h>

#include "event_log/embedded/embedded_log.h"
#include "event_log/quarantine.h"
#include "projection/generations.h"
#include "projection/refold.h"
#include "projection/resume_check.h"
#include "tests/simulation/log_reading.h"
#include "tests/simulation/memory_views.h"
#include "tests/simulation/power_loss_writer.h"
#include "tests/simulation/scratch_folder.h"
#include "tests/simulation/seeded_random.h"

namespace carnet::simulation {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr uint64_t kPowerLosses = 8;
#else
constexpr uint64_t kPowerLosses = 30;
#endif
// So often the power fails on one log; then another is begun, as looking at all of it takes ever
// longer.
constexpr uint64_t kLossesOfOneLog = 5;
// Opening takes 140 of them, or 280 where all is new; then there is load.
constexpr uint64_t kOperations = 1000;

constexpr uint64_t kMaxWalBytes = uint64_t{1} << 20;

struct Seen {
  uint64_t acknowledged = 0;
  uint64_t lost_by_views = 0;  // records that had to be folded again
};

void CheckLog(event_log::EventLog* log, const PowerLossResult& result) {
  std::vector<event_log::Record> records[kPowerLossPartitions];
  for (int32_t partition = 0; partition < kPowerLossPartitions; ++partition) {
    records[partition] = ReadAll(log, partition);
  }
  for (const Acknowledged& told : result.acknowledged) {
    const auto place = static_cast<size_t>(told.offset - 1);
    ASSERT_LT(place, records[told.partition].size())
        << "acknowledged and lost: partition " << told.partition << ", offset " << told.offset;
    const event_log::Record& record = records[told.partition][place];
    ASSERT_EQ(event_log::RecordHash(record.key, record.value),
              std::string(told.hash, sizeof told.hash))
        << "acknowledged and changed: offset " << told.offset;
  }
}

void CheckViews(event_log::EventLog* log, int32_t partition, const std::string& folder,
                Random* random, Seen* seen) {
  auto views =
      projection::OpenServingGeneration(folder, partition, {.max_wal_bytes = kMaxWalBytes});
  ASSERT_TRUE(views.ok()) << views.status();
  view_store::ViewStore* const store = views->store.get();
  const int64_t position = store->position().offset();
  const int64_t end = *log->EndOffset(partition);
  ASSERT_LE(position, end) << "views ahead of what is durable";
  const auto resume =
      projection::CheckResume(log, partition, store->position(), absl::Now() + absl::Seconds(30));
  ASSERT_TRUE(resume.ok()) << resume.status();
  seen->lost_by_views += static_cast<uint64_t>(end - position);

  const KeySpace found = KeySpaceOf(*store);
  const size_t batch = 1 + random->Below(300);
  ASSERT_EQ(DifferenceOf(found, KeySpaceOf(FreshFold(log, partition, position, batch))), "")
      << "views at " << position << " against a fold up to there";
  const absl::Status refilled = projection::FoldInto(log, partition, end, store, batch);
  ASSERT_TRUE(refilled.ok()) << refilled;
  ASSERT_EQ(DifferenceOf(KeySpaceOf(*store), KeySpaceOf(FreshFold(log, partition, end, batch + 1))),
            "")
      << "views after they were refilled";
}

TEST(PowerLoss, LogKeepsWhatItAcknowledgedAndViewsAreAPrefix) {
  Random random(RunSeed());
  Seen seen;
  const uint64_t losses = FromEnvironment("CARNET_POWER_LOSSES", kPowerLosses);
  for (uint64_t begun = 0; begun < losses; begun += kLossesOfOneLog) {
    const ScratchFolder folder;
    ASSERT_TRUE(
        event_log::InitEmbeddedLog(folder.path() + kPowerLossLog, kPowerLossPartitions).ok());
    for (uint64_t loss = begun; loss < std::min(losses, begun + kLossesOfOneLog); ++loss) {
      const PowerLossRun run = {.folder = folder.path(),
                                .seed = random.Below(1 << 30),
                                .end_at = 1 + random.Below(kOperations)};
      SCOPED_TRACE("loss " + std::to_string(loss) + ", at operation " + std::to_string(run.end_at));
      const PowerLossResult result = RunUntilPowerLoss(run);
      ASSERT_TRUE(WIFSIGNALED(result.status) && WTERMSIG(result.status) == SIGKILL)
          << result.standard_error;
      seen.acknowledged += result.acknowledged.size();
      const auto log = event_log::OpenEmbeddedLog(folder.path() + kPowerLossLog);
      ASSERT_TRUE(log.ok()) << log.status();
      ASSERT_NO_FATAL_FAILURE(CheckLog(log->get(), result));
      for (int32_t partition = 0; partition < kPowerLossPartitions; ++partition) {
        ASSERT_NO_FATAL_FAILURE(
            CheckViews(log->get(), partition, folder.path() + kPowerLossViews, &random, &seen));
      }
    }
  }
  std::printf("%llu power losses, %llu records acknowledged, %llu to be folded again\n",
              static_cast<unsigned long long>(losses),
              static_cast<unsigned long long>(seen.acknowledged),
              static_cast<unsigned long long>(seen.lost_by_views));
  // Otherwise nothing was tried.
  EXPECT_GT(seen.acknowledged, 0u);
  EXPECT_GT(seen.lost_by_views, 0u);
}

}  // namespace
}  // namespace carnet::simulation

int main(int argc, char** argv) {
  if (carnet::simulation::IsPowerLossWriter(argc, argv)) {
    return carnet::simulation::PowerLossWriterMain(argv);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
