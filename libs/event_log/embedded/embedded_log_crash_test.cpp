// What is left of an embedded log when its process is killed, or the power fails, under load.
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <random>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "event_log/embedded/crash_writer_test.h"
#include "event_log/embedded/embedded_log.h"
#include "event_log/embedded/scratch_folder_test.h"
#include "event_log/log_helpers_test.h"

namespace carnet::event_log {
namespace {

using testing::HasSubstr;

// Rounds of each test; CARNET_CRASH_ROUNDS asks for more.
int Rounds(int usual) {
  const char* asked = std::getenv("CARNET_CRASH_ROUNDS");
  return asked == nullptr ? usual : std::atoi(asked);
}

// Another one each time; CARNET_SEED repeats one.
uint64_t Seed() {
  const char* asked = std::getenv("CARNET_SEED");
  return asked == nullptr ? std::random_device()() : std::strtoull(asked, nullptr, 10);
}

class EmbeddedLogCrash : public testing::Test {
 protected:
  EmbeddedLogCrash() {
    const auto identity = InitEmbeddedLog(path_, kCrashPartitions);
    EXPECT_TRUE(identity.ok()) << identity.status();
    std::printf("CARNET_SEED=%llu\n", static_cast<unsigned long long>(seed_));
  }

  CrashRun NextRun() { return {.log_path = path_, .run = ++runs_, .seed = random_()}; }

  // What a run left: every record is whole; of each thread there is a prefix of its appends, in
  // order, each once; what was acknowledged stands where it was said to. What stood there before is
  // looked at again by CheckAll().
  void Check(const CrashRun& run, const CrashResult& result) {
    const auto log = OpenEmbeddedLog(path_);
    ASSERT_TRUE(log.ok()) << log.status();
    std::map<std::tuple<uint32_t, uint32_t>, int64_t> found;
    ASSERT_NO_FATAL_FAILURE(Look(log->get(), &checked_, &next_, &found));
    for (const Acknowledgement& told : result.acknowledged) {
      const auto offset = found.find({told.thread, told.sequence});
      ASSERT_NE(offset, found.end())
          << "acknowledged and lost: thread " << told.thread << ", append " << told.sequence;
      ASSERT_EQ(offset->second, told.offset);
    }
    for (const auto& [of, next] : next_) ASSERT_LE(std::get<0>(of), run.run) << "from nowhere";
  }

  // All runs together are what each of them was.
  void CheckAll() {
    const auto log = OpenEmbeddedLog(path_);
    ASSERT_TRUE(log.ok()) << log.status();
    Positions from = kBegin;
    Counts next;
    std::map<std::tuple<uint32_t, uint32_t>, int64_t> found;
    ASSERT_NO_FATAL_FAILURE(Look(log->get(), &from, &next, &found));
    EXPECT_EQ(from, checked_);
    EXPECT_EQ(next, next_);
  }

  using Positions = std::array<int64_t, kCrashPartitions>;
  // By run and thread.
  using Counts = std::map<std::tuple<uint32_t, uint32_t>, uint32_t>;
  static constexpr Positions kBegin = {1, 1, 1};

  // Reads from *positions to the end and moves them there. `found` says where each append of a
  // thread stands.
  void Look(EventLog* log, Positions* positions, Counts* next,
            std::map<std::tuple<uint32_t, uint32_t>, int64_t>* found) {
    for (int32_t partition = 0; partition < kCrashPartitions; ++partition) {
      int64_t& position = positions->at(static_cast<size_t>(partition));
      const auto records = ReadToEnd(log, partition, position);
      ASSERT_TRUE(records.ok()) << records.status();
      for (const ReadRecord& record : *records) {
        ASSERT_EQ(record.offset, position++);
        ASSERT_GE(record.value.size(), 12u);
        const uint32_t run = ReadBigEndian32(record.value);
        const uint32_t thread = ReadBigEndian32(record.value.substr(4));
        const uint32_t sequence = ReadBigEndian32(record.value.substr(8));
        ASSERT_TRUE(record.value == CrashValue(run, thread, sequence)) << "torn";
        ASSERT_EQ(CrashPartition(thread), partition);
        ASSERT_EQ(sequence, ((*next)[{run, thread}]++)) << "run " << run << ", thread " << thread;
        (*found)[{thread, sequence}] = record.offset;
      }
    }
  }

  // Ends the writer at operation after operation, from opening on.
  void EndAtManyOperations(bool power_cut, int rounds) {
    // Opening takes about 40 operations: these are few enough to be met one by one. Later ones are
    // appends, syncs, and now and then a flush with a new write-ahead log.
    constexpr uint64_t kOperations = 400;
    size_t acknowledged = 0;
    for (int round = 0; round < rounds; ++round) {
      CrashRun run = NextRun();
      run.graveyard = path_ + ".graveyard";
      run.power_cut = power_cut;
      run.end_at =
          1 + (static_cast<uint64_t>(round) * kOperations / static_cast<uint64_t>(rounds) +
               random_() % std::max<uint64_t>(1, kOperations / static_cast<uint64_t>(rounds)));
      SCOPED_TRACE("round " + std::to_string(round) + ", operation " + std::to_string(run.end_at));
      const CrashResult result = RunWriter(run, [](size_t) { return false; });
      ASSERT_TRUE(WIFSIGNALED(result.status)) << result.standard_error;
      ASSERT_EQ(WTERMSIG(result.status), SIGKILL);
      ASSERT_NO_FATAL_FAILURE(Check(run, result));
      acknowledged += result.acknowledged.size();
    }
    EXPECT_GT(acknowledged, 0u);
    CheckAll();
  }

  ScratchFolder folder_;
  const std::string path_ = folder_ / "log";
  const uint64_t seed_ = Seed();
  std::mt19937_64 random_{seed_};
  uint32_t runs_ = 0;
  // As far as Check() has looked, and what it has seen.
  Positions checked_ = kBegin;
  Counts next_;
};

TEST_F(EmbeddedLogCrash, KilledUnderLoadAtAnyTime) {
  const int rounds = Rounds(10);
  for (int round = 0; round < rounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    const CrashRun run = NextRun();
    const size_t last = 1 + random_() % 3000;
    const CrashResult result = RunWriter(run, [&](size_t count) { return count == last; });
    ASSERT_TRUE(WIFSIGNALED(result.status)) << result.standard_error;
    ASSERT_NO_FATAL_FAILURE(Check(run, result));
  }
  CheckAll();
}

TEST_F(EmbeddedLogCrash, KilledInTheMiddleOfAnOperation) {
  EndAtManyOperations(/*power_cut=*/false, Rounds(16));
}

TEST_F(EmbeddedLogCrash, PowerLostInTheMiddleOfAnOperation) {
  EndAtManyOperations(/*power_cut=*/true, Rounds(24));
}

TEST_F(EmbeddedLogCrash, FailingFsyncEndsTheProcessAndLosesNothing) {
  CrashRun run = NextRun();
  run.graveyard = path_ + ".graveyard";
  run.fail_syncs_after = 100;
  const CrashResult result = RunWriter(run, [](size_t) { return false; });
  ASSERT_TRUE(WIFEXITED(result.status));
  EXPECT_EQ(WEXITSTATUS(result.status), 70);
  EXPECT_THAT(result.standard_error, HasSubstr("carnet: fatal: "));
  EXPECT_THAT(result.standard_error, HasSubstr("the disk is dying"));
  EXPECT_EQ(std::count(result.standard_error.begin(), result.standard_error.end(), '\n'), 1)
      << result.standard_error;
  EXPECT_GE(result.acknowledged.size(), 100u);
  Check(run, result);
}

TEST_F(EmbeddedLogCrash, LogOfALivingProcessIsRefused) {
  const auto log = OpenEmbeddedLog(path_);
  ASSERT_TRUE(log.ok()) << log.status();
  const CrashResult result = RunWriter(NextRun(), [](size_t) { return false; });
  ASSERT_TRUE(WIFEXITED(result.status));
  EXPECT_THAT(result.standard_error, HasSubstr("only one process may use it"));
}

}  // namespace
}  // namespace carnet::event_log

int main(int argc, char** argv) {
  if (carnet::event_log::IsWriter(argc, argv)) return carnet::event_log::WriterMain(argv);
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
