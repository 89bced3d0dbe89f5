#include "vault/root_key.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

#include "base/descriptor.h"
#include "base/error.h"
#include "vault/test_support.h"

namespace carnet::vault {
namespace {

TEST(RootKeyTest, IsMadeOnceAndReadAgain) {
  const TemporaryFolder folder;
  const std::string path = folder / "root.key";
  const auto made = LoadOrMakeRootKey(path);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_FALSE(*made == Key());
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_EQ(status.st_size, 32);
  EXPECT_EQ(status.st_nlink, 1u);

  const auto again = LoadOrMakeRootKey(path);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(*again == *made);
  const auto loaded = LoadRootKey(path);
  ASSERT_TRUE(loaded.ok());
  EXPECT_TRUE(*loaded == *made);
}

TEST(RootKeyTest, OthersMayNotReadIt) {
  const TemporaryFolder folder;
  const std::string path = folder / "root.key";
  ASSERT_TRUE(LoadOrMakeRootKey(path).ok());
  for (const mode_t mode : {0640, 0604, 0620, 0660, 0666}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    EXPECT_EQ(ReasonOf(LoadOrMakeRootKey(path).status()), "ROOT_KEY_MODE");
  }
  ASSERT_EQ(chmod(path.c_str(), 0400), 0);
  EXPECT_TRUE(LoadOrMakeRootKey(path).ok());
}

TEST(RootKeyTest, ItsGroupMayReadWhatRootMountsForAnotherUser) {
  struct stat file = {};
  file.st_uid = geteuid() == 0 ? 1 : 0;  // somebody else's, and root's
  for (const auto& [mode, is_private] : {std::pair(0600, true), std::pair(0440, file.st_uid == 0),
                                         std::pair(0444, false), std::pair(0620, false)}) {
    file.st_mode = S_IFREG | static_cast<mode_t>(mode);
    EXPECT_EQ(IsPrivate(file), is_private) << mode;
  }
}

TEST(RootKeyTest, MustBeThirtyTwoBytes) {
  const TemporaryFolder folder;
  const std::string path = folder / "root.key";
  for (const size_t length : {0, 31, 33, 1000}) {
    std::ofstream(path, std::ios::binary) << std::string(length, 'k');
    chmod(path.c_str(), 0600);
    EXPECT_EQ(ReasonOf(LoadOrMakeRootKey(path).status()), "ROOT_KEY_LENGTH") << length;
  }
}

TEST(RootKeyTest, IsNotMadeWhenOnlyLoadedOrWithoutAFolder) {
  const TemporaryFolder folder;
  EXPECT_EQ(ReasonOf(LoadRootKey(folder / "root.key").status()), "ROOT_KEY_MISSING");
  EXPECT_EQ(ReasonOf(LoadOrMakeRootKey(folder / "nowhere/root.key").status()),
            "ROOT_KEY_UNREADABLE");
}

TEST(RootKeyTest, ManyAtOnceGetTheSameKey) {
  const TemporaryFolder folder;
  const std::string path = folder / "root.key";
  std::vector<Key> keys(8);
  std::vector<std::thread> threads;
  for (Key& key : keys) {
    threads.emplace_back([&key, &path] {
      const auto made = LoadOrMakeRootKey(path);
      if (made.ok()) key = *made;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Key& key : keys) {
    EXPECT_FALSE(key == Key());
    EXPECT_TRUE(key == keys.front());
  }
}

}  // namespace
}  // namespace carnet::vault
