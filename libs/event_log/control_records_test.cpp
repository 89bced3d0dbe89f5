#include "event_log/control_records.h"

#include "absl/strings/escaping.h"
#include <gtest/gtest.h>

#include "base/error.h"

namespace carnet::event_log {
namespace {

Identity SomeIdentity() {
  return {.log_id = *Uuid::Parse("00112233-4455-6677-8899-aabbccddeeff"), .partition_count = 3};
}

// Stands at offset 0 of every partition, for ever.
TEST(ControlRecords, GoldenBytes) {
  const Record manifest = MakeManifest(SomeIdentity(), 2, 1'700'000'000'000'000);
  EXPECT_EQ(manifest.key, "");
  EXPECT_EQ(absl::BytesToHexString(manifest.value),
            "0a1f0a1000112233445566778899aabbccddeeff10021803208080f9c0c1c48203");
  EXPECT_EQ(absl::BytesToHexString(MakeSeal(Uuid()).value), "1200");
  EXPECT_EQ(absl::BytesToHexString(MakeSeal(SomeIdentity().log_id).value),
            "12120a1000112233445566778899aabbccddeeff");
}

TEST(ControlRecords, ManifestIsReadWhereItStands) {
  const Record manifest = MakeManifest(SomeIdentity(), 2, 1);
  const auto identity = ReadManifest(manifest.key, manifest.value, 2);
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(*identity, SomeIdentity());
  EXPECT_EQ(ReasonOf(ReadManifest(manifest.key, manifest.value, 1).status()), "NOT_A_LOG");
  EXPECT_EQ(ReasonOf(ReadManifest("shop", manifest.value, 2).status()), "NOT_A_LOG");
  EXPECT_EQ(ReasonOf(ReadManifest("", "\xff", 2).status()), "NOT_A_LOG");
  EXPECT_EQ(ReasonOf(ReadManifest("", "", 2).status()), "NOT_A_LOG");
}

TEST(ControlRecords, OnlyASealIsASeal) {
  const Record seal = MakeSeal(Uuid());
  EXPECT_TRUE(IsSeal(seal.key, seal.value));
  EXPECT_FALSE(IsSeal("shop", seal.value)) << "a merchant's record closes nothing";
  EXPECT_FALSE(IsSeal("", MakeManifest(SomeIdentity(), 0, 1).value));
  EXPECT_FALSE(IsSeal("", "\xff"));
  EXPECT_FALSE(IsSeal("", ""));
}

}  // namespace
}  // namespace carnet::event_log
