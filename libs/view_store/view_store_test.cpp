#include "view_store/view_store.h"

#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/error.h"
#include "view_store/files.h"

namespace carnet::view_store {
namespace {

namespace fs = std::filesystem;
using carnet::log::v1::PositionRow;
using carnet::log::v1::UntrustedRecordRow;
using domain::Family;
using domain::Overlay;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint64_t kSmallWal = 4 << 20;

class ViewStoreTest : public testing::Test {
 protected:
  ViewStoreTest() {
    std::string pattern = testing::TempDir() + "view_store_XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ViewStoreTest() override { fs::remove_all(folder_); }

  std::string path() const { return folder_ + "/gen-1"; }
  absl::StatusOr<std::unique_ptr<ViewStore>> TryOpen() const {
    ViewStoreOptions options;
    options.max_wal_bytes = kSmallWal;
    return OpenViewStore(path(), options);
  }
  std::unique_ptr<ViewStore> Open() const {
    auto store = TryOpen();
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

  std::string folder_;
};

PositionRow At(int64_t offset) {
  PositionRow row;
  row.set_offset(offset);
  row.set_last_offset(offset - 1);
  return row;
}

// One batch that puts `value` under `key` in every family.
void WriteEverywhere(ViewStore* store, const std::string& key, const std::string& value,
                     int64_t offset) {
  const auto base = store->snapshot();
  Overlay batch(*base);
  for (size_t i = 0; i < domain::kFamilyCount; ++i) batch.Put(static_cast<Family>(i), key, value);
  store->Write(batch, {}, At(offset));
}

// "key=value" of a family, as a visitor that never stops.
domain::Reader::Visitor Into(std::vector<std::string>* rows) {
  return [rows](std::string_view key, std::string_view value) {
    rows->push_back(std::string(key) + "=" + std::string(value));
    return true;
  };
}

TEST_F(ViewStoreTest, ANewStoreStandsAtTheBeginningOfNoLog) {
  const auto store = Open();
  EXPECT_EQ(store->position().offset(), 0);
  EXPECT_EQ(store->position().last_offset(), -1);
  EXPECT_TRUE(store->position().log_id().empty());
  EXPECT_EQ(store->snapshot()->position(), 0);
}

TEST_F(ViewStoreTest, RowsDeletionsVerdictsAndPositionOutliveTheProcess) {
  {
    const auto store = Open();
    WriteEverywhere(store.get(), "shop", "1", 7);
    const auto base = store->snapshot();
    Overlay batch(*base);
    batch.Delete(Family::kCodes, "shop");
    batch.Put(Family::kFeed, "shop", "2");
    UntrustedRecordRow verdict;
    verdict.set_reason("UNPARSABLE");
    store->Write(batch, {{8, verdict}}, At(9));
  }
  const auto store = Open();
  EXPECT_EQ(store->position().offset(), 9);
  const auto now = store->snapshot();
  EXPECT_EQ(now->position(), 9);
  std::string value;
  EXPECT_FALSE(now->Get(Family::kCodes, "shop", &value));
  ASSERT_TRUE(now->Get(Family::kFeed, "shop", &value));
  EXPECT_EQ(value, "2");
  ASSERT_TRUE(now->Get(Family::kMerchants, "shop", &value));
  EXPECT_EQ(value, "1");
  std::vector<int64_t> offsets;
  now->ScanUntrusted(100, [&](int64_t offset, const UntrustedRecordRow& row) {
    offsets.push_back(offset);
    EXPECT_EQ(row.reason(), "UNPARSABLE");
    return true;
  });
  EXPECT_THAT(offsets, ElementsAre(8));
  now->ScanUntrusted(8, [&](int64_t, const UntrustedRecordRow&) {
    ADD_FAILURE() << "8 is not below 8";
    return true;
  });
}

TEST_F(ViewStoreTest, ASnapshotNeverChanges) {
  const auto store = Open();
  WriteEverywhere(store.get(), "shop", "old", 1);
  const auto before = store->snapshot();
  WriteEverywhere(store.get(), "shop", "new", 2);
  WriteEverywhere(store.get(), "shop2", "new", 3);
  store->Flush();

  std::string value;
  ASSERT_TRUE(before->Get(Family::kRecords, "shop", &value));
  EXPECT_EQ(value, "old");
  std::vector<std::string> rows;
  before->Scan(Family::kRecords, "shop", Into(&rows));
  EXPECT_THAT(rows, ElementsAre("shop=old"));
  EXPECT_EQ(before->position(), 1);
  EXPECT_EQ(store->snapshot()->position(), 3);
}

TEST_F(ViewStoreTest, ASnapshotOutlivesItsStore) {
  auto store = Open();
  WriteEverywhere(store.get(), "shop", "1", 1);
  auto last = store->snapshot();
  store = nullptr;
  std::string value;
  EXPECT_TRUE(last->Get(Family::kLinks, "shop", &value));
  EXPECT_EQ(ReasonOf(TryOpen().status()), "VIEWS_IN_USE");
  last = nullptr;
  EXPECT_TRUE(TryOpen().ok());
}

TEST_F(ViewStoreTest, ScansGoBothWaysAndKeepToTheirPrefix) {
  const auto store = Open();
  for (size_t i = 0; i < domain::kFamilyCount; ++i) {
    SCOPED_TRACE(i);
    const auto family = static_cast<Family>(i);
    {
      const auto base = store->snapshot();
      Overlay batch(*base);
      for (const char* key : {"a9", "b1", "b3", "b5", "b\xff", "c0"}) batch.Put(family, key, "");
      store->Write(batch, {}, At(static_cast<int64_t>(i) + 1));
    }
    // Once from the memtable, once from a table.
    for (int round = 0; round < 2; ++round) {
      const auto now = store->snapshot();
      std::vector<std::string> rows;
      now->Scan(family, "b", Into(&rows));
      EXPECT_THAT(rows, ElementsAre("b1=", "b3=", "b5=", "b\xff="));
      rows.clear();
      now->ScanFrom(family, "b", "b2", Into(&rows));
      EXPECT_THAT(rows, ElementsAre("b3=", "b5=", "b\xff="));
      rows.clear();
      now->ScanBackFrom(family, "b", "b4", Into(&rows));
      EXPECT_THAT(rows, ElementsAre("b3=", "b1="));
      rows.clear();
      now->ScanBackFrom(family, "b", "b3", Into(&rows));
      EXPECT_THAT(rows, ElementsAre("b3=", "b1="));
      rows.clear();
      now->ScanBackFrom(family, "b\xff", "b\xff\xff", Into(&rows));
      EXPECT_THAT(rows, ElementsAre("b\xff="));
      rows.clear();
      now->Scan(family, "b", [&](std::string_view key, std::string_view) {
        rows.emplace_back(key);
        return false;
      });
      EXPECT_THAT(rows, ElementsAre("b1"));
      store->Flush();
    }
  }
}

TEST_F(ViewStoreTest, ForEachRowGivesTheWholeKeySpaceInOrderAndNothingElse) {
  const auto store = Open();
  UntrustedRecordRow verdict;
  {
    const auto base = store->snapshot();
    Overlay batch(*base);
    batch.Put(Family::kFeed, "b", "4");
    batch.Put(Family::kFeed, "a", "3");
    batch.Put(Family::kMerchants, "z", "1");
    batch.Put(Family::kChanges, "y", "2");
    store->Write(batch, {{0, verdict}}, At(1));
  }
  std::vector<std::string> rows;
  store->ForEachRow([&](Family family, std::string_view key, std::string_view value) {
    rows.push_back(absl::StrCat(static_cast<int>(family), std::string(key), std::string(value)));
  });
  EXPECT_THAT(rows, ElementsAre("0z1", "1y2", "10a3", "10b4"));
}

// Reads batches numbered 1, 2, … in all families up to the position, and none above it.
void ExpectPrefix(const ViewStore& store) {
  const auto now = store.snapshot();
  for (size_t i = 0; i < domain::kFamilyCount; ++i) {
    const auto family = static_cast<Family>(i);
    int64_t rows = 0;
    now->Scan(family, "", [&](std::string_view key, std::string_view) {
      ++rows;
      EXPECT_EQ(key, absl::StrCat(10'000'000 + rows)) << "a hole in family " << i;
      return true;
    });
    EXPECT_EQ(rows, now->position()) << "family " << i;
  }
}

// Writes batches until it is killed or can't go on, and tells of each in `tell`. Never returns.
[[noreturn]] void WriteForEver(const std::string& path, size_t value_bytes, int tell) {
  auto store = OpenViewStore(path, {.max_wal_bytes = kSmallWal});
  if (!store.ok()) _exit(1);
  std::string value(value_bytes, 'x');
  uint32_t noise = 1;  // so that compression does not make it small
  for (int64_t n = (*store)->position().offset() + 1;; ++n) {
    for (char& c : value) c = static_cast<char>((noise = noise * 1664525 + 1013904223) >> 24);
    WriteEverywhere(store->get(), absl::StrCat(10'000'000 + n), value, n);
    if (tell != STDERR_FILENO && write(tell, &n, sizeof n) != sizeof n) _exit(1);
  }
}

// This program again with WriteForEver() for its work: RocksDB's threads do not come along in a
// fork.
pid_t StartWriter(const std::string& path, size_t value_bytes, int tell) {
  const std::string bytes = absl::StrCat(value_bytes);
  const std::string fd = absl::StrCat(tell);
  const pid_t child = fork();
  if (child == 0) {
    execl("/proc/self/exe", "view_store_test", "--write-for-ever", path.c_str(), bytes.c_str(),
          fd.c_str(), nullptr);
    _exit(1);
  }
  return child;
}

TEST_F(ViewStoreTest, AfterKillNineAllFamiliesStandAtThePosition) {
  for (int round = 0; round < 3; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = StartWriter(path(), 2000, pipe_ends[1]);
    close(pipe_ends[1]);
    int64_t written = 0;
    // Killed at some moment after so many writes; what it wrote until then must be there.
    for (int i = 0; i < 700 + 300 * round; ++i) {
      ASSERT_EQ(read(pipe_ends[0], &written, sizeof written), static_cast<ssize_t>(sizeof written));
    }
    kill(child, SIGKILL);
    for (int64_t n; read(pipe_ends[0], &n, sizeof n) == static_cast<ssize_t>(sizeof n);)
      written = n;
    close(pipe_ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;

    const auto store = Open();
    EXPECT_GE(store->position().offset(), written);
    EXPECT_LE(store->position().offset(), written + 1);
    ExpectPrefix(*store);
  }
}

TEST_F(ViewStoreTest, AStoreThatIsOpenIsRefused) {
  const auto store = Open();
  const auto second = TryOpen();
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(second.status()), "VIEWS_IN_USE");
}

TEST_F(ViewStoreTest, AnotherFormatIsRefusedWithAdvice) {
  Open() = nullptr;
  std::ofstream(path() + "/FORMAT") << "carnet view format 2\n";
  const absl::Status status = TryOpen().status();
  EXPECT_EQ(ReasonOf(status), "VIEW_FORMAT");
  EXPECT_THAT(std::string(status.message()), HasSubstr("rebuild"));
  fs::remove(path() + "/FORMAT");
  EXPECT_EQ(ReasonOf(TryOpen().status()), "VIEW_FORMAT");
}

TEST_F(ViewStoreTest, DamagedViewsAreRefusedWithAdvice) {
  Open() = nullptr;
  std::ofstream(path() + "/CURRENT") << "no manifest\n";
  const absl::Status status = TryOpen().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("made again from the log"));
}

// A small disk of its own; skipped where the test may not mount one.
class SmallDiskTest : public ViewStoreTest {
 protected:
  ~SmallDiskTest() override {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  bool Mount(const char* size) {
    mounted_ =
        mount("tmpfs", folder_.c_str(), "tmpfs", 0, absl::StrCat("size=", size).c_str()) == 0;
    return mounted_;
  }
  bool mounted_ = false;
};

TEST_F(SmallDiskTest, AFullDiskIsRefusedAndNothingIsLost) {
  if (!Mount("24m")) GTEST_SKIP() << "may not mount";
  const pid_t child = StartWriter(path(), 20'000, STDERR_FILENO);
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status) ? WEXITSTATUS(status) == 70 : WIFSIGNALED(status)) << status;

  std::ofstream(folder_ + "/filler") << std::string(16 << 20, 'f');
  const absl::Status refused = TryOpen().status();
  EXPECT_EQ(ReasonOf(refused), "DISK_FULL") << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("MB needed"));

  fs::remove(folder_ + "/filler");
  ASSERT_EQ(mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
  const auto store = Open();
  EXPECT_GT(store->position().offset(), 0);
  ExpectPrefix(*store);
  WriteEverywhere(store.get(), absl::StrCat(10'000'000 + store->position().offset() + 1), "x",
                  store->position().offset() + 1);
  ExpectPrefix(*store);
}

TEST_F(SmallDiskTest, AReadOnlyFolderIsRefused) {
  if (!Mount("64m")) GTEST_SKIP() << "may not mount";
  Open() = nullptr;
  ASSERT_EQ(mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr), 0);
  const absl::Status refused = TryOpen().status();
  EXPECT_EQ(ReasonOf(refused), "FOLDER_NOT_WRITABLE") << refused;
}

TEST_F(ViewStoreTest, AFolderInPlaceOfAFileIsRefused) {
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_EQ(ReasonOf(OpenViewStore(folder_ + "/file/views").status()), "FOLDER_NOT_WRITABLE");
}

}  // namespace
}  // namespace carnet::view_store

int main(int argc, char** argv) {
  if (argc == 5 && std::string(argv[1]) == "--write-for-ever") {
    carnet::view_store::WriteForEver(argv[2], std::stoul(argv[3]), std::stoi(argv[4]));
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
