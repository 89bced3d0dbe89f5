// An embedded log on a disk that is full, or may only be read: a small file system in memory, which
// takes the right to mount one.
#include <sched.h>
#include <sys/mount.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "event_log/embedded/embedded_log.h"
#include "event_log/embedded/free_space.h"
#include "event_log/embedded/scratch_folder_test.h"
#include "event_log/log_helpers_test.h"

namespace carnet::event_log {
namespace {

using testing::HasSubstr;

constexpr uint64_t kMiB = uint64_t{1} << 20;

class EmbeddedLogDisk : public testing::Test {
 protected:
  // Mounts of this process alone, gone with it whatever happens. Before it has threads.
  static void SetUpTestSuite() {
    if (unshare(CLONE_NEWNS) == 0) mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  }

  void SetUp() override {
    if (mount("carnet-test", disk_.path().c_str(), "tmpfs", 0, "size=64m") != 0) {
      GTEST_SKIP() << "can't mount a tmpfs here (" << strerror(errno)
                   << "): not shown is what a full or read-only disk does";
    }
    mounted_ = true;
    const auto identity = InitEmbeddedLog(path_, 2, options_);
    ASSERT_TRUE(identity.ok()) << identity.status();
  }

  ~EmbeddedLogDisk() override {
    if (mounted_) umount2(disk_.path().c_str(), MNT_DETACH);
  }

  std::unique_ptr<EventLog> Open() {
    auto log = OpenEmbeddedLog(path_, options_);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }

  void WriteBallast(uint64_t bytes) {
    std::ofstream file(ballast_, std::ios::binary);
    const std::string block(kMiB, 'b');
    for (uint64_t written = 0; written < bytes; written += kMiB) file << block;
    file.close();
    ASSERT_TRUE(file.good());
  }

  // Random bytes: no compression makes them small.
  std::string Noise() {
    std::string noise(100'000, '\0');
    for (char& byte : noise) byte = static_cast<char>(random_());
    return noise;
  }

  // Appends to both partitions in turn until the disk is full: then files hold rows of both, and
  // merging them takes as much room again. What was acknowledged comes to kept_.
  void Fill(EventLog* log) {
    for (int32_t partition = 0;; partition = 1 - partition) {
      std::vector<std::string>& kept = kept_.at(static_cast<size_t>(partition));
      std::string value = Noise();
      const auto offset = AppendValue(log, partition, value);
      if (!offset.ok()) {
        ASSERT_EQ(offset.status().code(), absl::StatusCode::kUnavailable);
        ASSERT_EQ(ReasonOf(offset.status()), "DISK_FULL");
        EXPECT_THAT(std::string(offset.status().message()), HasSubstr("make room"));
        return;
      }
      kept.push_back(std::move(value));
      ASSERT_EQ(*offset, static_cast<int64_t>(kept.size()));
      ASSERT_LT(kept.size(), 1000u) << "64 MiB can't hold that";
    }
  }

  void ExpectKept(EventLog* log) {
    for (int32_t partition = 0; partition < 2; ++partition) {
      const std::vector<std::string>& kept = kept_.at(static_cast<size_t>(partition));
      const auto records = ReadToEnd(log, partition, 1);
      ASSERT_TRUE(records.ok()) << records.status();
      ASSERT_EQ(records->size(), kept.size());
      for (size_t i = 0; i < kept.size(); ++i) {
        ASSERT_TRUE(records->at(i).value == kept[i]) << "partition " << partition << ": " << i + 1;
      }
    }
  }

  ScratchFolder disk_;
  const std::string path_ = disk_ / "log";
  const std::string ballast_ = disk_ / "ballast";
  bool mounted_ = false;
  EmbeddedLogOptions options_{.tail_bytes = 0,
                              .write_buffer_bytes = kMiB / 4,
                              .min_free_bytes_to_open = 3 * kMiB,
                              .reserved_free_bytes = 5 * kMiB};
  std::mt19937_64 random_{1};
  // By partition.
  std::array<std::vector<std::string>, 2> kept_;
};

TEST_F(EmbeddedLogDisk, FullDiskIsSaidAndTheLogGoesOnWhenThereIsSpace) {
  ASSERT_NO_FATAL_FAILURE(WriteBallast(20 * kMiB));
  {
    const auto log = Open();
    ASSERT_NO_FATAL_FAILURE(Fill(log.get()));
    const size_t before = kept_[0].size();
    EXPECT_GT(before, 50u);
    ASSERT_NO_FATAL_FAILURE(ExpectKept(log.get()));

    std::filesystem::remove(ballast_);
    ASSERT_NO_FATAL_FAILURE(Fill(log.get()));
    EXPECT_GT(kept_[0].size(), before + 50) << "goes on by itself when there is space";
  }
  // Full as it is, it can be opened and read.
  ASSERT_NO_FATAL_FAILURE(ExpectKept(Open().get()));
}

TEST_F(EmbeddedLogDisk, DiskTooFullToRecoverIsRefusedAndHarmless) {
  ASSERT_NO_FATAL_FAILURE(Fill(Open().get()));
  const auto free = FreeBytes(path_);
  ASSERT_TRUE(free.ok());
  ASSERT_NO_FATAL_FAILURE(WriteBallast(*free - 2 * kMiB));
  const auto refused = OpenEmbeddedLog(path_, options_);
  EXPECT_EQ(ReasonOf(refused.status()), "DISK_FULL");
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("open the event log"));
  std::filesystem::remove(ballast_);
  ASSERT_NO_FATAL_FAILURE(ExpectKept(Open().get()));
}

TEST_F(EmbeddedLogDisk, ReadOnlyDiskIsSaid) {
  ASSERT_EQ(mount("carnet-test", disk_.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, ""), 0);
  const auto log = OpenEmbeddedLog(path_, options_);
  EXPECT_EQ(log.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(log.status()), "LOG_NOT_WRITABLE");
  EXPECT_THAT(std::string(log.status().message()), HasSubstr("Read-only file system"));
  EXPECT_EQ(ReasonOf(InitEmbeddedLog(disk_ / "other", 1, options_).status()), "LOG_NOT_WRITABLE");
  ASSERT_EQ(mount("carnet-test", disk_.path().c_str(), "tmpfs", MS_REMOUNT, ""), 0);
  EXPECT_TRUE(AppendValue(Open().get(), 0, "writable again").ok());
}

}  // namespace
}  // namespace carnet::event_log
