#include "base/civil_date.h"

#include <gtest/gtest.h>

namespace carnet {
namespace {

TEST(CivilDate, KnownDays) {
  EXPECT_EQ(ParseCivilDay("1970-01-01"), 0);
  EXPECT_EQ(ParseCivilDay("1969-12-31"), -1);
  EXPECT_EQ(ParseCivilDay("2000-02-29"), 11016);
  EXPECT_EQ(ParseCivilDay("2026-05-31"), 20604);
  EXPECT_EQ(ParseCivilDay("0001-01-01"), kFirstCivilDay);
  EXPECT_EQ(ParseCivilDay("9999-12-31"), kLastCivilDay);
}

TEST(CivilDate, FormatIsTheInverse) {
  for (int32_t day = kFirstCivilDay; day <= kLastCivilDay; day += 97) {
    ASSERT_EQ(ParseCivilDay(FormatCivilDay(day)), day);
  }
}

TEST(CivilDate, RefusesWhatIsNoDay) {
  for (const char* text :
       {"", "2026-5-31", "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-01-00",
        "2026-01-32", "0000-01-01", "2026/01/01", "2026-01-01 ", "+026-01-01", "20a6-01-01"}) {
    EXPECT_EQ(ParseCivilDay(text), std::nullopt) << text;
  }
}

TEST(CivilDate, InstantsFallIntoLocalDays) {
  EXPECT_EQ(CivilDayOf(0, 0), 0);
  EXPECT_EQ(CivilDayOf(-1, 0), -1);
  EXPECT_EQ(CivilDayOf(0, -1), -1);
  // 23:30 UTC is the next day in Paris (+60) and Hà Nội (+420).
  constexpr int64_t kHalfPastEleven = (int64_t{23} * 60 + 30) * 60'000'000;
  EXPECT_EQ(CivilDayOf(kHalfPastEleven, 60), 1);
  EXPECT_EQ(CivilDayOf(kHalfPastEleven, 420), 1);
  EXPECT_EQ(CivilDayOf(kHalfPastEleven, 29), 0);
}

}  // namespace
}  // namespace carnet
