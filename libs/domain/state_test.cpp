#include "domain/state.h"

#include <string>

#include <gtest/gtest.h>

namespace carnet::domain {
namespace {

constexpr Family kFamily = Family::kCodes;

std::string Read(const Reader& reader, std::string_view key) {
  std::string value;
  return reader.Get(kFamily, key, &value) ? value : "(none)";
}

std::string ScanAll(const Reader& reader, std::string_view prefix) {
  std::string text;
  reader.Scan(kFamily, prefix, [&](std::string_view key, std::string_view value) {
    text.append(key).append("=").append(value).append(" ");
    return true;
  });
  return text;
}

TEST(Overlay, WritesStandBeforeWhatIsBelow) {
  EmptyReader nothing;
  Overlay below(nothing);
  below.Put(kFamily, "a", "1");
  below.Put(kFamily, "b", "2");
  below.Put(kFamily, "c", "3");
  Overlay above(below);
  above.Put(kFamily, "b", "changed");
  above.Delete(kFamily, "a");
  above.Put(kFamily, "d", "4");
  EXPECT_EQ(Read(above, "a"), "(none)");
  EXPECT_EQ(Read(above, "b"), "changed");
  EXPECT_EQ(Read(above, "c"), "3");
  EXPECT_EQ(ScanAll(above, ""), "b=changed c=3 d=4 ");
  EXPECT_EQ(ScanAll(below, ""), "a=1 b=2 c=3 ");
}

TEST(Overlay, ScanStopsWhenToldAndKeepsToThePrefix) {
  EmptyReader nothing;
  Overlay overlay(nothing);
  for (const char* key : {"a1", "a2", "a3", "b1"}) overlay.Put(kFamily, key, "");
  EXPECT_EQ(ScanAll(overlay, "a"), "a1= a2= a3= ");
  int seen = 0;
  overlay.Scan(kFamily, "", [&](std::string_view, std::string_view) { return ++seen < 2; });
  EXPECT_EQ(seen, 2);
}

TEST(Overlay, RollBackLeavesNothing) {
  EmptyReader nothing;
  Overlay overlay(nothing);
  overlay.Put(kFamily, "kept", "old");
  overlay.Put(kFamily, "gone", "old");
  overlay.Begin();
  overlay.Put(kFamily, "kept", "new");
  overlay.Put(kFamily, "kept", "newer");
  overlay.Delete(kFamily, "gone");
  overlay.Put(kFamily, "fresh", "x");
  overlay.Delete(kFamily, "fresh");
  overlay.Delete(kFamily, "never there");
  overlay.RollBack();
  EXPECT_EQ(ScanAll(overlay, ""), "gone=old kept=old ");
  EXPECT_EQ(overlay.write_count(), 2U);
}

TEST(Overlay, CommitKeeps) {
  EmptyReader nothing;
  Overlay overlay(nothing);
  overlay.Begin();
  overlay.Put(kFamily, "a", "1");
  overlay.Commit();
  overlay.Begin();
  overlay.Put(kFamily, "a", "2");
  overlay.RollBack();
  EXPECT_EQ(Read(overlay, "a"), "1");
}

}  // namespace
}  // namespace carnet::domain
