#include "base/uuid.h"

#include <gtest/gtest.h>

namespace carnet {
namespace {

TEST(Uuid, TextGoesRound) {
  const auto id = Uuid::Parse("0190F3A0-7b1c-7def-8123-456789abcdef");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->ToString(), "0190f3a0-7b1c-7def-8123-456789abcdef");
  EXPECT_EQ(Uuid::FromBytes(id->bytes()), id);
}

TEST(Uuid, RefusesOtherForms) {
  for (const char* text :
       {"", "0190f3a07b1c7def8123456789abcdef", "0190f3a0-7b1c-7def-8123-456789abcde",
        "0190f3a0-7b1c-7def-8123-456789abcdeg", "0190f3a0-7b1c-7def-8123_456789abcdef",
        "0190f3a0--7b1-7def-8123-456789abcdef"}) {
    EXPECT_EQ(Uuid::Parse(text), std::nullopt) << text;
  }
  EXPECT_EQ(Uuid::FromBytes("short"), std::nullopt);
}

// Pinned: ids in every log depend on it.
TEST(Uuid, FromFieldsIsFixed) {
  EXPECT_EQ(Uuid::FromFields({"shop", "pos", "till-1", "C-1", "0"}).ToString(),
            "a7d6ce8e-98d0-5fec-af48-9ebd95d9f671");
  EXPECT_NE(Uuid::FromFields({"ab", ""}), Uuid::FromFields({"a", "b"}));
}

// Links and ties go by it, and rows stand in it: as their bytes do in every key, on any machine.
TEST(Uuid, OrderIsThatOfUnsignedBytes) {
  const std::string zeros(15, '\0');
  const auto low = Uuid::FromBytes("\x7f" + zeros);
  const auto high = Uuid::FromBytes("\x80" + zeros);
  ASSERT_TRUE(low && high);
  EXPECT_LT(*low, *high);
  EXPECT_LT(low->bytes(), high->bytes());
}

TEST(Uuid, RandomOnesDiffer) {
  EXPECT_NE(Uuid::Random(), Uuid::Random());
  EXPECT_EQ(Uuid::Random().ToString()[14], '4');
}

}  // namespace
}  // namespace carnet
