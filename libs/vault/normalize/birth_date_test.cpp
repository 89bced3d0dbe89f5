#include "vault/normalize/birth_date.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace carnet::vault {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Not;

TEST(BirthDateTest, OnlyIsoDatesOfTheCalendar) {
  EXPECT_EQ(NormalizeBirthDate(" 1984-02-29 ").kind, BirthDateKind::kValid);
  EXPECT_EQ(NormalizeBirthDate(" 1984-02-29 ").iso, "1984-02-29");
  for (const char* typed : {"", "29/02/1984", "1985-02-29", "1879-12-31", "1984-2-9", "84-02-29"}) {
    SCOPED_TRACE(typed);
    EXPECT_EQ(NormalizeBirthDate(typed).kind, BirthDateKind::kInvalid);
  }
  EXPECT_EQ(NormalizeBirthDate("1900-01-01").kind, BirthDateKind::kBlocked);
  EXPECT_EQ(NormalizeBirthDate("1970-01-01").kind, BirthDateKind::kBlocked);
}

TEST(BirthDateTest, NeighboursAreDatesWithOneSlip) {
  const std::vector<std::string> dates = OneSlipOff("1984-02-29");
  EXPECT_THAT(dates, Contains("1984-02-28"));
  EXPECT_THAT(dates, Contains("1988-02-29"));
  EXPECT_THAT(dates, Contains("1984-12-29"));
  EXPECT_THAT(dates, Not(Contains("1985-02-29")));  // no such day
  EXPECT_THAT(dates, Not(Contains("1984-02-29")));
  EXPECT_TRUE(std::is_sorted(dates.begin(), dates.end()));
  for (const std::string& date : dates) {
    const int differ = std::inner_product(date.begin(), date.end(), "1984-02-29", 0, std::plus<>(),
                                          std::not_equal_to<>());
    EXPECT_TRUE(differ == 1 || date == "1948-02-29" || date == "9184-02-29") << date;
    EXPECT_EQ(NormalizeBirthDate(date).kind, BirthDateKind::kValid) << date;
    EXPECT_THAT(OneSlipOff(date), Contains("1984-02-29")) << date;
  }
  EXPECT_THAT(OneSlipOff("1971-08-05"),
              AllOf(Contains("1971-05-08"), Contains("1917-08-05"), Not(Contains("1970-18-05"))));
}

}  // namespace
}  // namespace carnet::vault
