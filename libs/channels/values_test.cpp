// Amounts, ids and times out of text.
#include "channels/values.h"

#include <gtest/gtest.h>

namespace carnet::channels {
namespace {

Json Parsed(std::string_view text) {
  const auto json = Json::Parse(text);
  EXPECT_TRUE(json.has_value()) << text;
  return json.value_or(Json());
}

int64_t Minor(std::string_view text, std::string_view currency) {
  std::optional<Trouble> trouble;
  const int64_t minor = MinorUnits(Parsed(text), currency, "it", &trouble);
  EXPECT_FALSE(trouble.has_value()) << text << ": " << trouble->reason;
  return minor;
}

std::string Reason(std::string_view text, std::string_view currency) {
  std::optional<Trouble> trouble;
  MinorUnits(Parsed(text), currency, "it", &trouble);
  return trouble ? trouble->reason : "fine";
}

TEST(Values, AmountsAreReadFromTheirText) {
  EXPECT_EQ(Minor("\"89.90\"", "EUR"), 8990);
  EXPECT_EQ(Minor("89.9", "EUR"), 8990);
  EXPECT_EQ(Minor("500000.0", "VND"), 500000);
  EXPECT_EQ(Minor("5e5", "VND"), 500000);
  EXPECT_EQ(Minor("1.5E+3", "JPY"), 1500);
  EXPECT_EQ(Minor("12500e-2", "VND"), 125);
  EXPECT_EQ(Minor("\"-0.05\"", "EUR"), -5);
  EXPECT_EQ(Minor("\".5\"", "EUR"), 50);
  EXPECT_EQ(Minor("90071992547409.93", "EUR"), 9007199254740993);
  EXPECT_EQ(Minor("0.1", "EUR") + Minor("0.2", "EUR"), Minor("0.3", "EUR"));
  EXPECT_EQ(Reason("0.001", "EUR"), "AMOUNT_PRECISION");
  EXPECT_EQ(Reason("1e30", "EUR"), "OVERFLOW");
  EXPECT_EQ(Reason("\"1,5\"", "EUR"), "AMOUNT_MALFORMED");
  EXPECT_EQ(Reason("\"12 EUR\"", "EUR"), "AMOUNT_MALFORMED");
  EXPECT_EQ(Reason("null", "EUR"), "AMOUNT_MISSING");
  EXPECT_EQ(Reason("1", "XYZ"), "UNKNOWN_CURRENCY");
}

TEST(Values, RoughAmountsRoundAndNeverFail) {
  EXPECT_EQ(RoughMinorUnits(Parsed("\"1.666667\""), "EUR"), 167);
  EXPECT_EQ(RoughMinorUnits(Parsed("\"-1.005\""), "EUR"), -101);
  EXPECT_EQ(RoughMinorUnits(Parsed("\"x\""), "EUR"), 0);
  EXPECT_EQ(RoughMinorUnits(Parsed("1e39"), "EUR"), 0);
}

TEST(Values, IdsAreText) {
  EXPECT_EQ(IdText(Parsed("706405506930370084")), "706405506930370084");
  EXPECT_EQ(IdText(Parsed("18446744073709551616")), "18446744073709551616");
  EXPECT_EQ(IdText(Parsed("9001.0")), "9001");
  EXPECT_EQ(IdText(Parsed("\"0042\"")), "0042");
  EXPECT_EQ(IdText(Parsed("0")), "");
  EXPECT_EQ(IdText(Parsed("null")), "");
  EXPECT_EQ(IdText(Parsed("{}")), "");
  EXPECT_EQ(IdOfGid(Parsed("\"gid://shopify/Customer/42\"")), "42");
}

TEST(Values, TimesInEveryDress) {
  const auto utc = ParseInstant("2026-09-01T08:15:00Z");
  ASSERT_TRUE(utc.has_value());
  for (const char* same :
       {"2026-09-01T08:15:00", "2026-09-01T10:15:00+02:00", "2026-09-01T04:15:00-0400",
        "2026-09-01 08:15:00", "2026-09-01T08:15:00.0000000", "2026-09-01T08:15"}) {
    const auto instant = ParseInstant(same);
    ASSERT_TRUE(instant.has_value()) << same;
    EXPECT_EQ(instant->micros, utc->micros) << same;
  }
  EXPECT_EQ(ParseInstant("2026-09-01T15:15:00", 420)->micros, utc->micros);
  EXPECT_EQ(ParseInstant("2026-09-01T08:15:00.1234567Z")->micros, utc->micros + 123456);
  for (const char* bad : {"", "2026-13-01T00:00:00", "2026-09-01T25:00:00", "yesterday",
                          "2026-09-01T08:15:00+99:00", "2026-09-01T08:15:00 CET"}) {
    EXPECT_FALSE(ParseInstant(bad).has_value()) << bad;
  }
  EXPECT_EQ(ParseUnixTime(Parsed("1788300000")), int64_t{1788300000} * 1'000'000);
  EXPECT_EQ(ParseUnixTime(Parsed("1788300100123")), int64_t{1788300100123} * 1000);
}

TEST(Values, JsonIsStrictAndBounded) {
  EXPECT_FALSE(Json::Parse("{\"a\":1,}").has_value());
  EXPECT_FALSE(Json::Parse("{} {}").has_value());
  EXPECT_FALSE(Json::Parse("\"\xff\"").has_value());
  EXPECT_FALSE(Json::Parse(std::string(100'000, '[')).has_value());
  EXPECT_TRUE(Json::Parse("\xEF\xBB\xBF{}").has_value()) << "a byte order mark";
  EXPECT_EQ(Parsed("{\"a\":1,\"a\":2}")["a"].text(), "2");
  EXPECT_TRUE(Parsed("[]")["a"]["b"].is_null());
}

}  // namespace
}  // namespace carnet::channels
