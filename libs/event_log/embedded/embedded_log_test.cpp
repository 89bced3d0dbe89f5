#include "event_log/embedded/embedded_log.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "event_log/embedded/scratch_folder_test.h"
#include "event_log/log_helpers_test.h"
#include "rocksdb/db.h"
#include "tests/simulation/lossy_file_system.h"

namespace carnet::event_log {
namespace {

using testing::AllOf;
using testing::HasSubstr;

namespace fs = std::filesystem;

std::unique_ptr<EventLog> Open(const std::string& path, const EmbeddedLogOptions& options = {}) {
  auto log = OpenEmbeddedLog(path, options);
  EXPECT_TRUE(log.ok()) << log.status();
  return log.ok() ? *std::move(log) : nullptr;
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

// The newest of the files in `folder` with this ending; the test fails if there is none.
fs::path FileWith(const std::string& folder, const std::string& ending) {
  fs::path found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ending && entry.path() > found) found = entry.path();
  }
  EXPECT_FALSE(found.empty()) << "no " << ending;
  return found;
}

void ChangeByte(const fs::path& path, uint64_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(byte ^ 0x55));
  ASSERT_TRUE(file.good());
}

class EmbeddedLogTest : public testing::Test {
 protected:
  ScratchFolder folder_;
  const std::string path_ = folder_ / "log";
};

TEST_F(EmbeddedLogTest, SecondInitFindsTheSameLog) {
  const auto first = InitEmbeddedLog(path_, 4);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->partition_count, 4);
  EXPECT_FALSE(first->log_id.is_nil());
  ASSERT_TRUE(AppendValue(Open(path_).get(), 3, "a").ok());
  const auto second = InitEmbeddedLog(path_, 4);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(*second, *first);
  EXPECT_EQ(Show(ReadToEnd(Open(path_).get(), 3, 0)), "0:manifest 1:a");
}

TEST_F(EmbeddedLogTest, InitWithAnotherCountIsRefused) {
  ASSERT_TRUE(InitEmbeddedLog(path_, 4).ok());
  const auto other = InitEmbeddedLog(path_, 5);
  EXPECT_EQ(ReasonOf(other.status()), "PARTITION_COUNT");
  EXPECT_THAT(Message(other.status()), HasSubstr("has 4 partitions, not 5"));
  EXPECT_EQ(ReasonOf(InitEmbeddedLog(path_ + "2", 0).status()), "PARTITION_COUNT");
  EXPECT_FALSE(fs::exists(path_ + "2"));
}

TEST_F(EmbeddedLogTest, NothingThereSaysHowToMakeOne) {
  const auto log = OpenEmbeddedLog(path_);
  EXPECT_EQ(ReasonOf(log.status()), "LOG_MISSING");
  EXPECT_THAT(Message(log.status()), AllOf(HasSubstr(path_), HasSubstr("carnet log init")));
}

TEST_F(EmbeddedLogTest, AnotherDatabaseIsNoLog) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, path_, &db).ok());
  ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "customer", "Anna").ok());
  delete db;
  EXPECT_EQ(ReasonOf(OpenEmbeddedLog(path_).status()), "NOT_A_LOG");
  EXPECT_EQ(ReasonOf(InitEmbeddedLog(path_, 1).status()), "NOT_A_LOG");
}

TEST_F(EmbeddedLogTest, OnlyOneMayHaveItOpen) {
  ASSERT_TRUE(InitEmbeddedLog(path_, 1).ok());
  const auto log = Open(path_);
  const auto second = OpenEmbeddedLog(path_);
  EXPECT_EQ(ReasonOf(second.status()), "LOG_LOCKED");
  EXPECT_THAT(Message(second.status()), HasSubstr("only one process"));
}

TEST_F(EmbeddedLogTest, TooLittleSpaceToOpenIsSaid) {
  ASSERT_TRUE(InitEmbeddedLog(path_, 1).ok());
  EmbeddedLogOptions options;
  options.min_free_bytes_to_open = uint64_t{1} << 60;
  const auto log = OpenEmbeddedLog(path_, options);
  EXPECT_EQ(log.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(log.status()), "DISK_FULL");
  EXPECT_THAT(Message(log.status()), HasSubstr("make room"));
}

TEST_F(EmbeddedLogTest, DamageInTheMiddleOfTheWriteAheadLogIsNotPassedOver) {
  ASSERT_TRUE(InitEmbeddedLog(path_, 1).ok());
  {
    const auto log = Open(path_);
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(AppendValue(log.get(), 0, std::string(1000, 'a')).ok());
    }
  }
  ChangeByte(FileWith(path_, ".log"), 5000);
  const auto log = OpenEmbeddedLog(path_);
  EXPECT_EQ(log.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(log.status()), "LOG_DAMAGED");
}

TEST_F(EmbeddedLogTest, TornEndOfTheWriteAheadLogIsCutOff) {
  ASSERT_TRUE(InitEmbeddedLog(path_, 1).ok());
  {
    const auto log = Open(path_);
    for (const char* value : {"a", "b"}) ASSERT_TRUE(AppendValue(log.get(), 0, value).ok());
    ASSERT_TRUE(AppendValue(log.get(), 0, std::string(1000, 'c')).ok());
  }
  const fs::path wal = FileWith(path_, ".log");
  fs::resize_file(wal, fs::file_size(wal) - 500);
  EXPECT_EQ(Show(ReadToEnd(Open(path_).get(), 0, 0)), "0:manifest 1:a 2:b");
}

TEST_F(EmbeddedLogTest, DamagedFileStopsTheReaderAndGivesWhatIsBefore) {
  EmbeddedLogOptions options;
  options.tail_bytes = 0;
  ASSERT_TRUE(InitEmbeddedLog(path_, 1, options).ok());
  {
    const auto log = Open(path_, options);
    std::string noise;  // Which no compression makes small.
    std::mt19937_64 random(1);
    for (int i = 0; i < 100; ++i) {
      noise.assign(10'000, '\0');
      for (char& byte : noise) byte = static_cast<char>(random());
      ASSERT_TRUE(AppendValue(log.get(), 0, noise).ok());
    }
  }
  Open(path_, options);  // Recovery writes the rows to a file.
  ChangeByte(FileWith(path_, ".sst"), 500'000);
  const auto log = Open(path_, options);
  const auto cursor = log->Read(0, 0);
  ASSERT_TRUE(cursor.ok());
  int64_t records = 0;
  absl::Status status;
  while (status.ok()) {
    const auto batch = (*cursor)->Next(1000, size_t{1} << 20, absl::Now() + kTestPatience);
    status = batch.status();
    if (batch.ok()) records += static_cast<int64_t>(batch->size());
    ASSERT_LE(records, 100) << "the damage went unnoticed";
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(status), "LOG_DAMAGED");
  EXPECT_GT(records, 20);
  EXPECT_EQ((*cursor)->position(), records);
}

TEST_F(EmbeddedLogTest, WhatWaitsIsBounded) {
  const auto disk = std::make_shared<LossyFileSystem>(folder_ / "graveyard", /*seed=*/1);
  EmbeddedLogOptions options;
  options.max_queued_bytes = 100'000;
  options.env = EnvOn(disk);
  ASSERT_TRUE(InitEmbeddedLog(path_, 1, options).ok());
  const auto log = Open(path_, options);
  disk->HoldSyncs(true);
  const Record record{.key = "shop", .value = std::string(30'000, 'r')};
  auto written = StartAppend(log.get(), 0, {record});
  disk->WaitForHeldSync();
  std::vector<std::future<absl::StatusOr<int64_t>>> answers;
  for (int i = 0; i < 10; ++i) answers.push_back(StartAppend(log.get(), 0, {record}));
  disk->HoldSyncs(false);

  EXPECT_EQ(*written.get(), 1);
  std::string outcomes;
  for (auto& answer : answers) {
    const absl::StatusOr<int64_t> offset = answer.get();
    outcomes += offset.ok() ? std::to_string(*offset) : ReasonOf(offset.status());
    outcomes += ' ';
  }
  EXPECT_THAT(outcomes, testing::StartsWith("2 3 LOG_BUSY LOG_BUSY "));
  EXPECT_EQ(*log->EndOffset(0), 4);
  EXPECT_EQ(*AppendValue(log.get(), 0, "again"), 4);
  // One append is always taken, however large: otherwise it never could be.
  EXPECT_TRUE(AppendValue(log.get(), 0, std::string(200'000, 'l')).ok());
}

TEST_F(EmbeddedLogTest, ReadersThatFallBehindAndCatchUpSeeEveryRecordOnce) {
  EmbeddedLogOptions options;
  options.tail_bytes = 50'000;
  options.write_buffer_bytes = size_t{128} << 10;
  ASSERT_TRUE(InitEmbeddedLog(path_, 2, options).ok());
  const auto log = Open(path_, options);
  constexpr int64_t kRecords = 20'000;
  const auto read = [&](size_t batch_records, size_t batch_bytes) {
    const auto cursor = log->Read(1, 1);
    while ((*cursor)->position() <= kRecords) {
      const int64_t expected = (*cursor)->position();
      const auto batch = (*cursor)->Next(batch_records, batch_bytes, absl::Now() + kTestPatience);
      if (!batch.ok() || batch->empty()) return batch.status().ToString() + " stuck";
      for (size_t i = 0; i < batch->size(); ++i) {
        const StoredRecord& record = batch->at(i);
        const std::string wanted = std::to_string(expected + static_cast<int64_t>(i));
        if (std::to_string(record.offset) != wanted || record.value.substr(0, 6).find(wanted)) {
          return "at " + wanted + " stands " + std::string(record.value.substr(0, 6));
        }
      }
    }
    return std::string("all");
  };
  auto quick = std::async(std::launch::async, [&] { return read(1000, size_t{1} << 20); });
  auto slow = std::async(std::launch::async, [&] { return read(3, 500); });
  std::atomic<int64_t> under_way = 0;
  for (int64_t i = 1; i <= kRecords; ++i) {
    while (under_way > 500) std::this_thread::yield();
    ++under_way;
    // The other partition's rows stand between, in every file.
    log->Append(0, {{.value = "other"}}, [](const auto&) {});
    log->Append(1, {{.value = std::to_string(i) + std::string(i % 300, '.')}},
                [&](const absl::StatusOr<int64_t>& offset) {
                  EXPECT_TRUE(offset.ok()) << offset.status();
                  --under_way;
                });
  }
  EXPECT_EQ(quick.get(), "all");
  EXPECT_EQ(slow.get(), "all");
}

}  // namespace
}  // namespace carnet::event_log
