#include "vault/content_hash.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

#include "vault/embedded_key_store.h"
#include "vault/test_support.h"

namespace carnet::vault {
namespace {

TEST(ContentHashTest, IsPinned) {
  const MerchantKeys keys{Key(std::string(32, 'i')), Key(std::string(32, 'h'))};
  EXPECT_EQ(absl::BytesToHexString(ContentHash(keys, "")), "4ba92e57e9505b4e083a4fc7205e3d49");
  EXPECT_EQ(absl::BytesToHexString(ContentHash(keys, "canonical bytes")),
            "c0b9c232b333891f68c6ecf440cda077");
}

TEST(ContentHashTest, DependsOnTheHashKeyAlone) {
  const Key one(std::string(32, '1'));
  const Key two(std::string(32, '2'));
  EXPECT_EQ(ContentHash({one, two}, "x"), ContentHash({two, two}, "x"));
  EXPECT_NE(ContentHash({one, two}, "x"), ContentHash({one, one}, "x"));
  EXPECT_NE(ContentHash({one, two}, "x"), ContentHash({one, two}, "y"));
}

TEST(ContentHashTest, IsTheMerchantsOwnAndSurvivesARestart) {
  const TemporaryFolder folder;
  const Key root = Key::Random();
  std::string first;
  {
    const auto store = OpenEmbeddedKeyStore(folder / "keys", root, true);
    KeyRing ring(store->get());
    first = *ContentHash(&ring, "m1", "x");
    EXPECT_EQ(first.size(), 16u);
    EXPECT_NE(*ContentHash(&ring, "m2", "x"), first);
  }
  const auto store = OpenEmbeddedKeyStore(folder / "keys", root, false);
  KeyRing ring(store->get());
  EXPECT_EQ(*ContentHash(&ring, "m1", "x"), first);
}

}  // namespace
}  // namespace carnet::vault
