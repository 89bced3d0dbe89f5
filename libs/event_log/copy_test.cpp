#include "event_log/copy.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/partition.h"
#include "event_log/control_records.h"
#include "event_log/embedded/embedded_log.h"
#include "event_log/embedded/scratch_folder_test.h"
#include "event_log/log_helpers_test.h"
#include "event_log/quarantine.h"

namespace carnet::event_log {
namespace {

class CopyTest : public testing::Test {
 protected:
  std::unique_ptr<EventLog> NewLog(const std::string& name, int32_t partitions) {
    EXPECT_TRUE(InitEmbeddedLog(folder_ / name, partitions).ok());
    return *OpenEmbeddedLog(folder_ / name);
  }

  static void Put(EventLog* log, const std::string& merchant, const std::string& value) {
    const int32_t partition = PartitionOf(merchant, log->identity().partition_count);
    ASSERT_TRUE(AppendAndWait(log, partition, {{.key = merchant, .value = value}}).ok());
  }

  // Values by key, each in the order of the log, "WRONG" before those in a wrong partition.
  static std::map<std::string, std::vector<std::string>> ByKey(EventLog* log) {
    std::map<std::string, std::vector<std::string>> values;
    const int32_t count = log->identity().partition_count;
    for (int32_t partition = 0; partition < count; ++partition) {
      const auto records = ReadToEnd(log, partition, 1);
      EXPECT_TRUE(records.ok()) << records.status();
      for (const ReadRecord& record : *records) {
        if (IsSeal(record.key, record.value)) continue;
        const bool wrong = !record.key.empty() && PartitionOf(record.key, count) != partition;
        values[record.key].push_back((wrong ? "WRONG " : "") + record.value);
      }
    }
    return values;
  }

  ScratchFolder folder_;
};

TEST_F(CopyTest, EveryMerchantKeepsItsChangesInOrder) {
  const auto from = NewLog("from", 3);
  for (int i = 0; i < 500; ++i) Put(from.get(), "shop-" + std::to_string(i % 7), std::to_string(i));
  ASSERT_TRUE(SealLog(from.get(), Uuid()).ok());
  const auto to = NewLog("to", 5);
  uint64_t told = 0;
  const auto copied = CopyLog(from.get(), to.get(), [&](uint64_t records) { told = records; });
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_EQ(copied->records, 500u);
  EXPECT_EQ(copied->left_out, 0u);
  EXPECT_EQ(ByKey(to.get()), ByKey(from.get()));
  EXPECT_FALSE(to->identity().log_id == from->identity().log_id);
}

TEST_F(CopyTest, WhatDidNotCountDoesNotCountInTheCopy) {
  const auto from = NewLog("from", 2);
  const int32_t wrong = 1 - PartitionOf("shop", 2);
  ASSERT_TRUE(AppendAndWait(from.get(), wrong, {{.key = "shop", .value = "astray"}}).ok());
  ASSERT_TRUE(AppendAndWait(from.get(), 1, {{.key = "", .value = "noise"}}).ok());
  ASSERT_TRUE(SealLog(from.get(), Uuid()).ok());
  const auto three = NewLog("three", 3);
  ASSERT_TRUE(CopyLog(from.get(), three.get(), [](uint64_t) {}).ok());
  EXPECT_EQ(ByKey(three.get()), ByKey(from.get()));
  const auto one = NewLog("one", 1);
  const auto copied = CopyLog(from.get(), one.get(), [](uint64_t) {});
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_EQ(copied->left_out, 1u);
  EXPECT_THAT(ByKey(one.get()), testing::ElementsAre(testing::Key("")));
}

TEST_F(CopyTest, GoesOnWhereAnEarlierAttemptEnded) {
  const auto from = NewLog("from", 1);
  for (int i = 0; i < 100; ++i) Put(from.get(), "shop", std::to_string(i));
  const auto to = NewLog("to", 2);
  ASSERT_TRUE(SealLog(from.get(), to->identity().log_id).ok());
  for (int i = 0; i < 40; ++i) Put(to.get(), "shop", std::to_string(i));
  const auto copied = CopyLog(from.get(), to.get(), [](uint64_t) {});
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_EQ(copied->resumed, 40u);
  EXPECT_EQ(ByKey(to.get()), ByKey(from.get()));
  // All of it again: nothing is sent, everything is compared.
  EXPECT_EQ(CopyLog(from.get(), to.get(), [](uint64_t) {})->resumed, 100u);
  // Somebody has begun to use it.
  Put(to.get(), "shop", "new");
  EXPECT_EQ(ReasonOf(CopyLog(from.get(), to.get(), [](uint64_t) {}).status()), "LOG_NOT_EMPTY");
}

TEST_F(CopyTest, WhatAnEarlierAttemptLeftIsComparedToo) {
  const auto from = NewLog("from", 1);
  for (int i = 0; i < 10; ++i) Put(from.get(), "shop", std::to_string(i));
  const auto to = NewLog("to", 1);
  ASSERT_TRUE(SealLog(from.get(), to->identity().log_id).ok());
  Put(to.get(), "shop", "0");
  Put(to.get(), "shop", "damaged");
  EXPECT_EQ(ReasonOf(CopyLog(from.get(), to.get(), [](uint64_t) {}).status()), "COPY_DIFFERS");
}

TEST_F(CopyTest, DecisionsAboutRecordsGoAlong) {
  const auto from = NewLog("from", 2);
  for (int i = 0; i < 20; ++i) Put(from.get(), "shop-" + std::to_string(i % 5), std::to_string(i));
  const auto records = *ReadToEnd(from.get(), 1, 1);
  ASSERT_GE(records.size(), 3u);
  const ReadRecord& third = records[2];
  auto entry = MakeQuarantineEntry(
      from->identity(), 1, {.offset = third.offset, .key = third.key, .value = third.value});
  entry.set_note("damaged");
  entry.set_actor("ops");
  ASSERT_TRUE(from->AddToQuarantine(entry).ok());
  ASSERT_TRUE(SealLog(from.get(), Uuid()).ok());
  const auto to = NewLog("to", 3);
  const auto copied = CopyLog(from.get(), to.get(), [](uint64_t) {});
  ASSERT_TRUE(copied.ok()) << copied.status();
  EXPECT_EQ(copied->quarantined, 1u);
  const int32_t home = PartitionOf(third.key, 3);
  const auto moved = *to->Quarantined(home);
  ASSERT_EQ(moved.size(), 1u);
  EXPECT_EQ(moved.front().note(), "damaged");
  EXPECT_EQ(moved.front().actor(), "ops");
  const auto there = *ReadToEnd(to.get(), home, moved.front().offset());
  EXPECT_EQ(there.front().value, third.value);
  EXPECT_EQ(moved.front().record_hash(), RecordHash(third.key, third.value));
}

TEST_F(CopyTest, OnlyASealedLogIsCopiedAndOnlyIntoAnEmptyOne) {
  const auto from = NewLog("from", 2);
  Put(from.get(), "shop", "a");
  const auto open = NewLog("open", 1);
  EXPECT_EQ(ReasonOf(CopyLog(from.get(), open.get(), [](uint64_t) {}).status()), "LOG_NOT_SEALED");
  ASSERT_TRUE(SealLog(from.get(), Uuid()).ok());
  ASSERT_TRUE(SealLog(from.get(), Uuid()).ok()) << "twice does no harm";
  const auto to = NewLog("to", 1);
  Put(to.get(), "shop", "here already");
  EXPECT_EQ(ReasonOf(CopyLog(from.get(), to.get(), [](uint64_t) {}).status()), "LOG_NOT_EMPTY");
}

}  // namespace
}  // namespace carnet::event_log
