#include "vault/lru_cache.h"

#include <memory>

#include "gtest/gtest.h"

namespace carnet::vault {
namespace {

TEST(LruCacheTest, StaysWithinItsBoundAndKeepsWhatIsUsed) {
  LruCache<int, int> cache(1600);
  cache.Put(-1, 7);
  for (int i = 0; i < 10'000; ++i) {
    cache.Put(i, i);
    ASSERT_EQ(cache.Get(-1), 7) << i;  // used all the time
  }
  EXPECT_LE(cache.size(), 1600u);
  EXPECT_EQ(cache.Get(9'999), 9'999);
  EXPECT_EQ(cache.Get(0), std::nullopt);
}

TEST(LruCacheTest, PutReplacesAndGetOrPutDoesNot) {
  LruCache<int, int> cache(16);
  EXPECT_EQ(cache.GetOrPut(1, 10), 10);
  EXPECT_EQ(cache.GetOrPut(1, 11), 10);
  cache.Put(1, 12);
  EXPECT_EQ(cache.Get(1), 12);
  cache.Update(1, [](int& value) { ++value; });
  cache.Update(2, [](int& value) { ++value; });
  EXPECT_EQ(cache.Get(1), 13);
  EXPECT_EQ(cache.Get(2), std::nullopt);
}

TEST(LruCacheTest, ErasedValuesAreDestroyedAtOnce) {
  LruCache<int, std::shared_ptr<int>> cache(64);
  const auto value = std::make_shared<int>(1);
  for (int i = 0; i < 8; ++i) cache.Put(i, value);
  cache.Erase(3);
  cache.Erase(3);
  EXPECT_EQ(value.use_count(), 8);
  cache.EraseIf([](int key, const std::shared_ptr<int>&) { return key < 4; });
  EXPECT_EQ(value.use_count(), 5);
  EXPECT_EQ(cache.size(), 4u);
  EXPECT_NE(cache.Get(4), std::nullopt);
}

}  // namespace
}  // namespace carnet::vault
