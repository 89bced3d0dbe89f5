#include "event_log/contract_test.h"

#include <atomic>
#include <future>
#include <map>
#include <set>
#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "base/error.h"
#include "event_log/control_records.h"
#include "event_log/log_helpers_test.h"
#include "event_log/quarantine.h"

namespace carnet::event_log {
namespace {

constexpr size_t kMany = 1000;
constexpr size_t kBytes = size_t{1} << 20;

absl::Time Patience() { return absl::Now() + kTestPatience; }

Record Of(std::string value) { return {.key = "shop", .value = std::move(value)}; }

TEST_P(EventLogContract, NewLogHoldsItsManifestInEveryPartition) {
  EXPECT_EQ(log_->identity().partition_count, kPartitions);
  for (int32_t partition = 0; partition < kPartitions; ++partition) {
    const auto records = ReadToEnd(log_.get(), partition, 0);
    ASSERT_TRUE(records.ok()) << records.status();
    ASSERT_EQ(records->size(), 1u);
    const ReadRecord& first = records->front();
    EXPECT_EQ(first.offset, 0);
    EXPECT_EQ(first.key, "");
    const auto identity = ReadManifest(first.key, first.value, partition);
    ASSERT_TRUE(identity.ok()) << identity.status();
    EXPECT_EQ(*identity, log_->identity());
  }
}

TEST_P(EventLogContract, RecordsAreReadInTheOrderOfTheirAppends) {
  for (const char* value : {"a", "b", "c"}) ASSERT_TRUE(AppendValue(log_.get(), 1, value).ok());
  EXPECT_EQ(Show(ReadToEnd(log_.get(), 1, 0)), "0:manifest 1:a 2:b 3:c");
}

TEST_P(EventLogContract, AnswerIsTheOffsetOfTheFirstRecordAndTheRestFollows) {
  ASSERT_TRUE(AppendValue(log_.get(), 0, "before").ok());
  const auto first = AppendAndWait(log_.get(), 0, {Of("x"), Of("y"), Of("z")});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Show(ReadToEnd(log_.get(), 0, *first)), "2:x 3:y 4:z");
  EXPECT_EQ(*log_->EndOffset(0), *first + 3);
}

TEST_P(EventLogContract, KeyAndValueAreKeptByteForByte) {
  std::string value;
  for (int byte = 0; byte < 256; ++byte) value.push_back(static_cast<char>(byte));
  const std::string key = std::string("m\0k", 3) + std::string(200, 'k');
  ASSERT_TRUE(AppendAndWait(log_.get(), 0, {{.key = key, .value = value}}).ok());
  Reopen();
  const auto records = ReadToEnd(log_.get(), 0, 1);
  ASSERT_TRUE(records.ok()) << records.status();
  EXPECT_EQ(records->at(0).key, key);
  EXPECT_EQ(records->at(0).value, value);
}

TEST_P(EventLogContract, EmptyValueIsARecord) {
  ASSERT_TRUE(AppendAndWait(log_.get(), 0, {Of(""), Of("next")}).ok());
  EXPECT_EQ(Show(ReadToEnd(log_.get(), 0, 1)), "1: 2:next");
}

TEST_P(EventLogContract, PartitionsAreApart) {
  ASSERT_TRUE(AppendValue(log_.get(), 0, "zero").ok());
  ASSERT_TRUE(AppendValue(log_.get(), 2, "two").ok());
  ASSERT_TRUE(AppendValue(log_.get(), 0, "zero again").ok());
  EXPECT_EQ(Show(ReadToEnd(log_.get(), 0, 0)), "0:manifest 1:zero 2:zero again");
  EXPECT_EQ(Show(ReadToEnd(log_.get(), 1, 0)), "0:manifest");
  EXPECT_EQ(Show(ReadToEnd(log_.get(), 2, 0)), "0:manifest 1:two");
}

TEST_P(EventLogContract, ReopeningKeepsEverythingAndGoesOn) {
  const Identity identity = log_->identity();
  ASSERT_TRUE(AppendValue(log_.get(), 0, "a").ok());
  Reopen();
  EXPECT_EQ(log_->identity(), identity);
  EXPECT_EQ(*log_->EndOffset(0), 2);
  ASSERT_TRUE(AppendValue(log_.get(), 0, "b").ok());
  Reopen();
  EXPECT_EQ(Show(ReadToEnd(log_.get(), 0, 0)), "0:manifest 1:a 2:b");
}

TEST_P(EventLogContract, LargestRecordIsKeptAndALargerOneRefused) {
  const std::string largest(kMaxRecordBytes - 4, 'L');
  ASSERT_TRUE(AppendAndWait(log_.get(), 0, {Of(largest)}).ok());
  const auto refused = AppendAndWait(log_.get(), 0, {Of("small"), Of(largest + "x")});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(refused.status()), "RECORD_TOO_LARGE");
  Reopen();
  const auto records = ReadToEnd(log_.get(), 0, 1);
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->size(), 1u) << "nothing of the refused append was written";
  EXPECT_EQ(records->at(0).value, largest);
}

TEST_P(EventLogContract, AppendOfTooManyBytesIsRefused) {
  const std::string half(kMaxAppendBytes / 2 - 100, 'h');
  const auto refused = AppendAndWait(log_.get(), 0, {Of(half), Of(half), Of(half)});
  EXPECT_EQ(ReasonOf(refused.status()), "RECORD_TOO_LARGE");
  EXPECT_EQ(*log_->EndOffset(0), 1);
}

TEST_P(EventLogContract, UnknownPartitionIsRefused) {
  for (const int32_t partition : {-1, kPartitions}) {
    EXPECT_EQ(ReasonOf(AppendValue(log_.get(), partition, "a").status()), "NO_SUCH_PARTITION");
    EXPECT_EQ(ReasonOf(log_->Read(partition, 0).status()), "NO_SUCH_PARTITION");
    EXPECT_EQ(ReasonOf(log_->EndOffset(partition).status()), "NO_SUCH_PARTITION");
    EXPECT_EQ(ReasonOf(log_->FirstOffset(partition).status()), "NO_SUCH_PARTITION");
  }
}

TEST_P(EventLogContract, PositionBeyondTheEndSaysThatTheLogWasCut) {
  EXPECT_EQ(*log_->FirstOffset(0), 0);
  EXPECT_EQ(*log_->EndOffset(0), 1);
  EXPECT_TRUE(log_->Read(0, 1).ok()) << "the end itself is a position";
  for (const int64_t offset : {int64_t{2}, int64_t{-1}}) {
    const auto cursor = log_->Read(0, offset);
    EXPECT_EQ(cursor.status().code(), absl::StatusCode::kOutOfRange);
    EXPECT_EQ(ReasonOf(cursor.status()), "LOG_CUT");
  }
}

TEST_P(EventLogContract, SealClosesItsPartitionForGood) {
  ASSERT_TRUE(AppendAndWait(log_.get(), 0, {Of("last"), MakeSeal(Uuid())}).ok());
  for (int round = 0; round < 2; ++round) {
    const auto refused = AppendValue(log_.get(), 0, "late");
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReasonOf(refused.status()), "LOG_SEALED");
    EXPECT_EQ(*log_->EndOffset(0), 3);
    EXPECT_TRUE(AppendValue(log_.get(), 1, "open").ok()) << "the others stay open";
    Reopen();
  }
}

TEST_P(EventLogContract, NothingFollowsASealInOneAppend) {
  const auto refused = AppendAndWait(log_.get(), 0, {MakeSeal(Uuid()), Of("late")});
  EXPECT_EQ(ReasonOf(refused.status()), "LOG_SEALED");
  EXPECT_EQ(*log_->EndOffset(0), 1);
  EXPECT_TRUE(AppendValue(log_.get(), 0, "still open").ok());
}

TEST_P(EventLogContract, NothingIsReadableBeforeItIsDurable) {
  ASSERT_TRUE(AppendValue(log_.get(), 0, "a").ok());
  const auto cursor = log_->Read(0, 2);
  ASSERT_TRUE(cursor.ok()) << cursor.status();
  if (!under_test_->HoldSyncs(true)) GTEST_SKIP() << "its syncs can't be held";
  auto answer = StartAppend(log_.get(), 0, {Of("b")});

  const auto nothing = (*cursor)->Next(kMany, kBytes, absl::Now() + absl::Milliseconds(50));
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_TRUE(nothing->empty());
  EXPECT_EQ(*log_->EndOffset(0), 2);
  EXPECT_EQ(Show(ReadToEnd(log_.get(), 0, 0)), "0:manifest 1:a");
  EXPECT_EQ(answer.wait_for(std::chrono::seconds(0)), std::future_status::timeout);

  under_test_->HoldSyncs(false);
  EXPECT_EQ(*answer.get(), 2);
  const auto records = (*cursor)->Next(kMany, kBytes, Patience());
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->size(), 1u);
  EXPECT_EQ(records->at(0).value, "b");
}

TEST_P(EventLogContract, AcknowledgedIsReadableAtOnce) {
  const auto cursor = log_->Read(0, 1);
  ASSERT_TRUE(cursor.ok());
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(AppendValue(log_.get(), 0, std::to_string(i)).ok());
    const auto records = (*cursor)->Next(kMany, kBytes, absl::InfinitePast());
    ASSERT_TRUE(records.ok()) << records.status();
    ASSERT_EQ(records->size(), 1u) << i;
    EXPECT_EQ(records->at(0).value, std::to_string(i));
  }
}

TEST_P(EventLogContract, CursorFollowsWhatIsAppended) {
  constexpr int kRecords = 300;
  auto reader = std::async(std::launch::async, [&] {
    const auto cursor = log_->Read(0, 1);
    std::string seen;
    for (int count = 0; count < kRecords;) {
      const auto records = (*cursor)->Next(kMany, kBytes, Patience());
      if (!records.ok() || records->empty()) return records.status().ToString() + " after " + seen;
      for (const StoredRecord& record : *records) {
        seen += std::string(record.value) + ' ';
        ++count;
      }
    }
    return seen;
  });
  std::string appended;
  for (int i = 0; i < kRecords; ++i) {
    ASSERT_TRUE(AppendValue(log_.get(), 0, std::to_string(i)).ok());
    appended += std::to_string(i) + ' ';
  }
  EXPECT_EQ(reader.get(), appended);
}

TEST_P(EventLogContract, BatchIsBoundedByRecordsAndBytesButNeverEmpty) {
  std::vector<Record> records;
  for (int i = 0; i < 10; ++i) records.push_back(Of(std::string(96, 'v')));  // 100 with the key
  ASSERT_TRUE(AppendAndWait(log_.get(), 0, records).ok());
  const auto check = [&] {
    const auto cursor = log_->Read(0, 1);
    ASSERT_TRUE(cursor.ok());
    EXPECT_EQ((*cursor)->Next(4, kBytes, Patience())->size(), 4u);
    EXPECT_EQ((*cursor)->Next(kMany, 250, Patience())->size(), 2u);
    EXPECT_EQ((*cursor)->Next(kMany, 1, Patience())->size(), 1u);
    EXPECT_EQ((*cursor)->position(), 8);
    const auto rest = (*cursor)->Next(kMany, kBytes, Patience());
    ASSERT_EQ(rest->size(), 3u);
    EXPECT_EQ(rest->at(0).offset, 8);
    EXPECT_EQ(rest->at(2).offset, 10);
  };
  check();  // What was just appended may come from elsewhere
  Reopen();
  check();  // than what is stored.
}

TEST_P(EventLogContract, CursorKnowsTheEndItLastHeardOf) {
  for (const char* value : {"a", "b", "c"}) ASSERT_TRUE(AppendValue(log_.get(), 0, value).ok());
  const auto cursor = log_->Read(0, 1);
  ASSERT_TRUE(cursor.ok());
  EXPECT_EQ((*cursor)->end(), 0) << "nothing was heard yet";
  ASSERT_EQ((*cursor)->Next(1, kBytes, Patience())->size(), 1u);
  EXPECT_EQ((*cursor)->end(), 4) << "of the partition, not of what was read";
  ASSERT_TRUE(AppendValue(log_.get(), 0, "d").ok());
  while ((*cursor)->position() < 5) ASSERT_FALSE((*cursor)->Next(1, kBytes, Patience())->empty());
  EXPECT_EQ((*cursor)->end(), 5);
}

TEST_P(EventLogContract, DeadlineAtTheEndGivesAnEmptyBatch) {
  const auto cursor = log_->Read(0, 1);
  ASSERT_TRUE(cursor.ok());
  const absl::Time begin = absl::Now();
  const auto records = (*cursor)->Next(kMany, kBytes, begin + absl::Milliseconds(20));
  ASSERT_TRUE(records.ok()) << records.status();
  EXPECT_TRUE(records->empty());
  EXPECT_GE(absl::Now(), begin + absl::Milliseconds(20));
  EXPECT_EQ((*cursor)->position(), 1);
}

TEST_P(EventLogContract, WakeEndsAWait) {
  const auto cursor = log_->Read(0, 1);
  ASSERT_TRUE(cursor.ok());
  auto waiting = std::async(std::launch::async, [&] {
    return (*cursor)->Next(kMany, kBytes, absl::InfiniteFuture())->size();
  });
  (*cursor)->Wake();
  EXPECT_EQ(waiting.get(), 0u);
}

TEST_P(EventLogContract, WakeBeforeTheWaitEndsItOnce) {
  const auto cursor = log_->Read(0, 1);
  ASSERT_TRUE(cursor.ok());
  (*cursor)->Wake();
  EXPECT_TRUE((*cursor)->Next(kMany, kBytes, absl::InfiniteFuture())->empty());
  const absl::Time begin = absl::Now();
  EXPECT_TRUE((*cursor)->Next(kMany, kBytes, begin + absl::Milliseconds(20))->empty());
  EXPECT_GE(absl::Now(), begin + absl::Milliseconds(20)) << "one Wake() ends one wait";
}

TEST_P(EventLogContract, AppendsOfOneThreadKeepItsOrder) {
  constexpr int kThreads = 8;
  constexpr int kAppends = 200;
  std::atomic<int> answers = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kAppends; ++i) {
        log_->Append(0, {{.key = std::to_string(thread), .value = std::to_string(i)}},
                     [&](const absl::StatusOr<int64_t>& offset) {
                       EXPECT_TRUE(offset.ok()) << offset.status();
                       ++answers;
                     });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Reopen();  // Which waits for the answers.
  EXPECT_EQ(answers, kThreads * kAppends);
  const auto records = ReadToEnd(log_.get(), 0, 1, /*batch=*/77);
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->size(), size_t{kThreads * kAppends});
  std::map<std::string, int> next;
  for (const ReadRecord& record : *records) {
    EXPECT_EQ(record.value, std::to_string(next[record.key]++)) << "thread " << record.key;
  }
}

TEST_P(EventLogContract, EveryAppendIsAnsweredOnceAlsoWhenTheLogGoes) {
  constexpr int kAppends = 500;
  std::vector<int> answered(kAppends);
  std::set<int64_t> offsets;
  for (int i = 0; i < kAppends; ++i) {
    // Every tenth is refused: these are answered too.
    const int32_t partition = i % 10 == 0 ? kPartitions : 0;
    // One thread answers, the log's own.
    log_->Append(partition, {Of(std::to_string(i))}, [&, i](absl::StatusOr<int64_t> offset) {
      ++answered[static_cast<size_t>(i)];
      if (offset.ok()) offsets.insert(*offset);
    });
  }
  log_.reset();
  EXPECT_THAT(answered, testing::Each(1));
  EXPECT_EQ(offsets.size(), size_t{kAppends - kAppends / 10});
  log_ = under_test_->Open();
  EXPECT_EQ(*log_->EndOffset(0), 1 + kAppends - kAppends / 10);
}

TEST_P(EventLogContract, DecisionsAboutRecordsAreKeptWithTheLog) {
  const int64_t offset = *AppendValue(log_.get(), 1, "a");
  log::v1::QuarantineEntry entry =
      MakeQuarantineEntry(log_->identity(), 1, {.offset = offset, .key = "shop", .value = "a"});
  entry.set_note("why");
  EXPECT_TRUE(log_->Quarantined(1)->empty());
  ASSERT_TRUE(log_->AddToQuarantine(entry).ok());
  entry.set_note("another time");
  ASSERT_TRUE(log_->AddToQuarantine(entry).ok()) << "the first decision counts";
  for (int opened = 0; opened < 2; ++opened) {
    const auto entries = log_->Quarantined(1);
    ASSERT_TRUE(entries.ok()) << entries.status();
    ASSERT_EQ(entries->size(), 1u);
    EXPECT_EQ(entries->front().offset(), offset);
    EXPECT_EQ(entries->front().record_hash(), RecordHash("shop", "a"));
    EXPECT_EQ(entries->front().note(), "why");
    EXPECT_TRUE(log_->Quarantined(0)->empty());
    Reopen();
  }
  EXPECT_EQ(ReasonOf(log_->Quarantined(kPartitions).status()), "NO_SUCH_PARTITION");
  entry.set_log_id(std::string(Uuid::Random().bytes()));
  EXPECT_EQ(ReasonOf(log_->AddToQuarantine(entry)), "NOT_OF_THIS_LOG");
}

TEST_P(EventLogContract, CursorsDoNotDisturbEachOther) {
  ASSERT_TRUE(AppendAndWait(log_.get(), 0, {Of("a"), Of("b"), Of("c")}).ok());
  const auto one = log_->Read(0, 1);
  const auto two = log_->Read(0, 2);
  const auto batch_one = (*one)->Next(1, kBytes, Patience());
  const auto batch_two = (*two)->Next(1, kBytes, Patience());
  EXPECT_EQ(batch_one->at(0).value, "a");
  EXPECT_EQ(batch_two->at(0).value, "b");
  EXPECT_EQ((*one)->position(), 2);
  EXPECT_EQ((*two)->position(), 3);
}

}  // namespace

// A log that has no instance here has one in a test of its own.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EventLogContract);

}  // namespace carnet::event_log
