#include "event_log/simulated/simulated_log.h"

#include <set>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "event_log/control_records.h"
#include "event_log/log_helpers_test.h"

namespace carnet::event_log {
namespace {

using testing::HasSubstr;

constexpr size_t kBytes = size_t{1} << 20;

std::shared_ptr<SimulatedDisk> Disk(uint64_t seed) {
  return std::make_shared<SimulatedDisk>(/*partition_count=*/2, seed);
}

// "p0:a=1 p1:b=UNAVAILABLE": the answers in the order in which they came.
class Answers {
 public:
  void Append(SimulatedLog* log, int32_t partition, const std::string& value) {
    log->Append(partition, {{.key = "shop", .value = value}},
                [this, partition, value](const absl::StatusOr<int64_t>& offset) {
                  absl::StrAppend(&text_, text_.empty() ? "" : " ", "p", partition, ":", value, "=",
                                  offset.ok() ? absl::StrCat(*offset)
                                              : absl::StatusCodeToString(offset.status().code()));
                });
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// One history: what was answered and what is stored.
std::string History(uint64_t seed) {
  SimulatedLog log(Disk(seed),
                   {.faults = {.lost_answers = 200, .late_writes = 200}, .stepped = true});
  Answers answers;
  for (int i = 0; i < 20; ++i) answers.Append(&log, i % 2, std::to_string(i));
  log.RunUntilIdle();
  return answers.text() + " | " + Show(ReadToEnd(&log, 0, 0)) + " | " + Show(ReadToEnd(&log, 1, 0));
}

TEST(SimulatedLog, SameSeedSameHistory) {
  EXPECT_EQ(History(7), History(7));
  EXPECT_NE(History(7), History(8));
}

TEST(SimulatedLog, AnswersOfPartitionsComeInAnyOrderThoseOfOneInTurn) {
  bool overtaken = false;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SimulatedLog log(Disk(seed), {.stepped = true});
    Answers answers;
    answers.Append(&log, 0, "a");
    answers.Append(&log, 1, "b");
    answers.Append(&log, 0, "c");
    log.RunUntilIdle();
    EXPECT_LT(answers.text().find("a=1"), answers.text().find("c=2")) << answers.text();
    overtaken |= answers.text().find("b=1") < answers.text().find("a=1");
  }
  EXPECT_TRUE(overtaken);
}

TEST(SimulatedLog, NothingHappensBetweenSteps) {
  SimulatedLog log(Disk(1), {.stepped = true});
  Answers answers;
  answers.Append(&log, 0, "a");
  const auto cursor = log.Read(0, 1);
  EXPECT_TRUE((*cursor)->Next(10, kBytes, absl::InfiniteFuture())->empty());
  EXPECT_EQ(answers.text(), "");
  while (log.Step()) {
  }
  EXPECT_EQ(answers.text(), "p0:a=1");
  EXPECT_EQ((*cursor)->Next(10, kBytes, absl::InfiniteFuture())->size(), 1u);
}

TEST(SimulatedLog, LostAnswerDoublesWhatIsSentAgain) {
  SimulatedLog log(Disk(1), {.faults = {.lost_answers = 1000}});
  for (int attempt = 0; attempt < 2; ++attempt) {
    EXPECT_EQ(AppendValue(&log, 0, "a").status().code(), absl::StatusCode::kUnavailable);
  }
  EXPECT_EQ(Show(ReadToEnd(&log, 0, 0)), "0:manifest 1:a 2:a");
}

TEST(SimulatedLog, LateWriteMayStandBehindWhatWasSentAgain) {
  bool behind = false;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimulatedLog log(Disk(seed), {.faults = {.late_writes = 500}, .stepped = true});
    Answers answers;
    answers.Append(&log, 0, "a");
    answers.Append(&log, 0, "b");
    log.RunUntilIdle();
    const std::string stored = Show(ReadToEnd(&log, 0, 1));
    EXPECT_TRUE(stored == "1:a 2:b" || stored == "1:b 2:a") << stored;
    behind |= stored == "1:b 2:a" && answers.text() == "p0:a=UNAVAILABLE p0:b=1";
  }
  EXPECT_TRUE(behind);
}

TEST(SimulatedLog, LostAppendIsNotThere) {
  SimulatedLog log(Disk(1), {.faults = {.lost_appends = 1000}});
  EXPECT_EQ(AppendValue(&log, 0, "a").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(*log.EndOffset(0), 1);
}

TEST(SimulatedLog, ReadErrorLeavesTheCursorWhereItWas) {
  SimulatedLog log(Disk(1), {.faults = {.read_errors = 500}});
  const auto cursor = log.Read(0, 0);
  int errors = 0;
  while (true) {
    const auto batch = (*cursor)->Next(10, kBytes, absl::InfinitePast());
    if (batch.ok()) {
      ASSERT_EQ(batch->size(), 1u);
      EXPECT_EQ(batch->at(0).offset, 0);
      break;
    }
    ASSERT_EQ(batch.status().code(), absl::StatusCode::kUnavailable);
    ASSERT_LT(++errors, 100);
    EXPECT_EQ((*cursor)->position(), 0);
  }
}

TEST(SimulatedLog, CrashKeepsWhatIsAcknowledgedAndAnyPrefixOfTheRest) {
  std::set<std::string> left;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimulatedLog log(Disk(seed), {.stepped = true});
    Answers answers;
    answers.Append(&log, 0, "a");
    log.RunUntilIdle();
    log.HoldSyncs(true);
    for (const char* value : {"b", "c"}) answers.Append(&log, 0, value);
    log.RunUntilIdle();
    log.Crash();
    log.HoldSyncs(false);
    EXPECT_EQ(answers.text(), "p0:a=1 p0:b=UNAVAILABLE p0:c=UNAVAILABLE");
    left.insert(Show(ReadToEnd(&log, 0, 1)));
    answers.Append(&log, 0, "d");
    log.RunUntilIdle();
    EXPECT_THAT(answers.text(), HasSubstr(absl::StrCat("d=", *log.EndOffset(0) - 1)));
  }
  EXPECT_THAT(left, testing::ElementsAre("1:a", "1:a 2:b", "1:a 2:b 3:c"));
}

TEST(SimulatedLog, CutLogTellsItsReaders) {
  SimulatedLog log(Disk(1), {});
  for (const char* value : {"a", "b", "c"}) ASSERT_TRUE(AppendValue(&log, 0, value).ok());
  const auto cursor = log.Read(0, 4);
  ASSERT_TRUE(cursor.ok());
  log.TruncateTo(0, 2);
  EXPECT_EQ(ReasonOf((*cursor)->Next(10, kBytes, absl::InfinitePast()).status()), "LOG_CUT");
  EXPECT_EQ(ReasonOf(log.Read(0, 3).status()), "LOG_CUT");
  EXPECT_EQ(Show(ReadToEnd(&log, 0, 0)), "0:manifest 1:a");
}

TEST(SimulatedLog, LogCutFromTheFrontTellsItsReaders) {
  SimulatedLog log(Disk(1), {});
  for (const char* value : {"a", "b"}) ASSERT_TRUE(AppendValue(&log, 0, value).ok());
  log.DropBefore(0, 2);
  EXPECT_EQ(*log.FirstOffset(0), 2);
  EXPECT_EQ(ReasonOf(log.Read(0, 1).status()), "LOG_CUT");
  EXPECT_EQ(Show(ReadToEnd(&log, 0, 2)), "2:b");
}

TEST(SimulatedLog, ReplacedLogIsSeenByItsManifest) {
  const auto disk = Disk(1);
  SimulatedLog log(disk, {});
  ASSERT_TRUE(AppendValue(&log, 0, "a").ok());
  log.Replace();
  EXPECT_EQ(ReasonOf(log.Read(0, 2).status()), "LOG_CUT");
  ASSERT_TRUE(AppendValue(&log, 0, "b").ok());
  const auto records = ReadToEnd(&log, 0, 0);
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->size(), 2u);
  const auto identity = ReadManifest(records->at(0).key, records->at(0).value, 0);
  ASSERT_TRUE(identity.ok());
  EXPECT_NE(*identity, log.identity());
  EXPECT_EQ(records->at(1).value, "b");
}

TEST(SimulatedLog, ViewsOutliveATruncation) {
  SimulatedLog log(Disk(1), {});
  const std::string value(1000, 'v');
  ASSERT_TRUE(AppendValue(&log, 0, value).ok());
  const auto cursor = log.Read(0, 1);
  const auto batch = (*cursor)->Next(10, kBytes, absl::InfinitePast());
  log.TruncateTo(0, 1);
  EXPECT_EQ(batch->at(0).value, value);
}

}  // namespace
}  // namespace carnet::event_log
