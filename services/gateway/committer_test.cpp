// In which order commits and their keys become durable: a real log and real keys.
#include "gateway/committer.h"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include <gtest/gtest.h>

#include "event_log/embedded/embedded_log.h"
#include "vault/embedded_key_store.h"

namespace carnet::gateway {
namespace {

constexpr int kSubmitters = 4;
constexpr int kCommits = 400;  // of each
constexpr int kWithKeys = 5;   // each fifth has a key that must be durable first

// Where the records of each value stand, as their commits were told.
class Told {
 public:
  void Add(const Commit::Change& change, std::string value) {
    const std::lock_guard lock(mutex_);
    ASSERT_TRUE(change.offset.ok()) << change.offset.status();
    EXPECT_TRUE(offsets_.emplace(std::move(value), *change.offset).second);
    if (offsets_.size() == size_t{kSubmitters} * kCommits) all_.notify_all();
  }
  std::map<std::string, int64_t> WaitForAll() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(all_.wait_for(lock, std::chrono::seconds(60), [this] {
      return offsets_.size() == size_t{kSubmitters} * kCommits;
    }));
    return offsets_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_;
  std::map<std::string, int64_t> offsets_;
};

class TestCommit final : public Commit {
 public:
  TestCommit(Told* told, vault::KeyStore* store, std::string value)
      : told_(told), store_(store), value_(std::move(value)) {
    Change& change = changes.emplace_back();
    change.prepared.record = {.key = "shop", .value = value_};
  }
  void Committed(std::unique_ptr<Commit> /*self*/) override {
    for (const vault::NewKey& each : new_keys) {
      const auto found = store_->FindRecordKey("shop", each.key.id);
      EXPECT_TRUE(found.ok() && found->has_value()) << value_ << " is in the log without its key";
    }
    told_->Add(changes.front(), value_);
  }

 private:
  Told* const told_;
  vault::KeyStore* const store_;
  const std::string value_;
};

// The bytes that may be in the log: room for all, and for one commit at a time.
class CommitterTest : public testing::TestWithParam<size_t> {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    ASSERT_TRUE(event_log::InitEmbeddedLog(folder_ / "log", 1).ok());
    auto log = event_log::OpenEmbeddedLog(folder_ / "log");
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    auto store =
        vault::OpenEmbeddedKeyStore(folder_ / "keys", vault::Key::Random(), /*create=*/true);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    keys_ = std::make_unique<vault::KeyRing>(store_.get());
  }
  void TearDown() override {
    log_.reset();
    keys_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string ValueAt(int64_t offset) {
    auto cursor = log_->Read(0, offset);
    EXPECT_TRUE(cursor.ok()) << cursor.status();
    const auto records = (*cursor)->Next(1, 1 << 20, absl::Now() + absl::Seconds(10));
    EXPECT_TRUE(records.ok() && records->size() == 1);
    return std::string(records->front().value);
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("committer_test." + std::to_string(getpid()));
  std::unique_ptr<event_log::EventLog> log_;
  std::unique_ptr<vault::KeyStore> store_;
  std::unique_ptr<vault::KeyRing> keys_;
};

TEST_P(CommitterTest, WhatOneSubmitsIsAppendedInThatOrderAfterItsKeys) {
  Told told;
  {
    Committer committer(log_.get(), keys_.get(), GetParam());
    std::vector<std::thread> submitters;
    for (int who = 0; who < kSubmitters; ++who) {
      submitters.emplace_back([&, who] {
        for (int i = 0; i < kCommits; ++i) {
          auto commit =
              std::make_unique<TestCommit>(&told, store_.get(), absl::StrCat(who, "/", i));
          if (i % kWithKeys == 0) {
            EXPECT_TRUE(keys_->ForWriting("shop").ok());
            EXPECT_TRUE(keys_->SealingKey("shop", Uuid::Random(), &commit->new_keys).ok());
          }
          committer.Submit(std::move(commit));
        }
      });
    }
    for (auto& submitter : submitters) submitter.join();
  }
  const auto offsets = told.WaitForAll();
  for (int who = 0; who < kSubmitters; ++who) {
    int64_t last = -1;
    for (int i = 0; i < kCommits; ++i) {
      const std::string value = absl::StrCat(who, "/", i);
      const int64_t offset = offsets.at(value);
      ASSERT_GT(offset, last) << value;
      last = offset;
      if (i % 37 == 0) {
        ASSERT_EQ(ValueAt(offset), value);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, CommitterTest, testing::Values(size_t{6} << 20, size_t{1}));

}  // namespace
}  // namespace carnet::gateway
