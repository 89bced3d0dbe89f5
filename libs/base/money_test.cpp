#include "base/money.h"

#include <gtest/gtest.h>

namespace carnet {
namespace {

TEST(Money, Exponents) {
  EXPECT_EQ(CurrencyExponent("EUR"), 2);
  EXPECT_EQ(CurrencyExponent("AED"), 2);
  EXPECT_EQ(CurrencyExponent("ZWL"), 2);
  EXPECT_EQ(CurrencyExponent("VND"), 0);
  EXPECT_EQ(CurrencyExponent("JPY"), 0);
  EXPECT_EQ(CurrencyExponent("XPF"), 0);
  EXPECT_EQ(CurrencyExponent("KWD"), 3);
  EXPECT_EQ(CurrencyExponent("TND"), 3);
  for (const char* none : {"", "EU", "eur", "XXX", "XAU", "ED ", "D A", "EURO"}) {
    EXPECT_EQ(CurrencyExponent(none), std::nullopt) << none;
  }
}

TEST(Money, ParsesDecimalText) {
  const struct {
    const char* text;
    int exponent;
    int64_t minor;
  } cases[] = {{"0", 2, 0},
               {"12.5", 2, 1250},
               {"-12.50", 2, -1250},
               {"+1", 0, 1},
               {"1.000", 0, 1},
               {"1.2340000", 3, 1234},
               {"007", 2, 700},
               {"92233720368547758.07", 2, INT64_MAX},
               {"-92233720368547758.08", 2, INT64_MIN}};
  for (const auto& c : cases) {
    const DecimalResult result = ParseDecimal(c.text, c.exponent);
    EXPECT_FALSE(result.error) << c.text;
    EXPECT_EQ(result.minor, c.minor) << c.text;
  }
}

TEST(Money, NamesWhatIsWrong) {
  for (const char* text :
       {"", "-", ".5", "5.", "1,5", "1e3", " 1", "1 ", "0x1", "--1", "1.2.3", "NaN", "१"}) {
    EXPECT_EQ(ParseDecimal(text, 2).error, DecimalError::kMalformed) << text;
  }
  EXPECT_EQ(ParseDecimal("1.234", 2).error, DecimalError::kTooPrecise);
  EXPECT_EQ(ParseDecimal("0.1", 0).error, DecimalError::kTooPrecise);
  EXPECT_EQ(ParseDecimal("92233720368547758.08", 2).error, DecimalError::kOverflow);
  EXPECT_EQ(ParseDecimal("-92233720368547758.09", 2).error, DecimalError::kOverflow);
  EXPECT_EQ(ParseDecimal("99999999999999999999999", 0).error, DecimalError::kOverflow);
}

TEST(Money, FormatsWithTheUnitsOwnDecimals) {
  EXPECT_EQ(FormatDecimal(-1250, 2), "-12.50");
  EXPECT_EQ(FormatDecimal(5, 2), "0.05");
  EXPECT_EQ(FormatDecimal(0, 2), "0.00");
  EXPECT_EQ(FormatDecimal(1250000, 0), "1250000");
  EXPECT_EQ(FormatDecimal(-1, 3), "-0.001");
  EXPECT_EQ(FormatDecimal(INT64_MIN, 2), "-92233720368547758.08");
}

TEST(Money, CheckedArithmetic) {
  EXPECT_EQ(CheckedAdd(INT64_MAX, 1), std::nullopt);
  EXPECT_EQ(CheckedAdd(INT64_MAX, -1), INT64_MAX - 1);
  EXPECT_EQ(CheckedNegate(INT64_MIN), std::nullopt);
  EXPECT_EQ(CheckedNegate(5), -5);
}

}  // namespace
}  // namespace carnet
