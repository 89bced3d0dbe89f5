#include "event_log/embedded/row_encoding.h"

#include "absl/strings/escaping.h"
#include <gtest/gtest.h>

namespace carnet::event_log {
namespace {

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

// Stands on disks: a change here is a change of format, and old logs must stay readable.
TEST(RowEncoding, GoldenBytes) {
  EXPECT_EQ(Hex(RowKey(0, 0)), "000000000000000000000000");
  EXPECT_EQ(Hex(RowKey(7, 0x0123456789abcdef)), "000000070123456789abcdef");
  EXPECT_EQ(Hex(RowValueHead("")), "00");
  EXPECT_EQ(Hex(RowValueHead("shop")), "0473686f70");
  EXPECT_EQ(Hex(RowValueHead(std::string(128, 'k'))).substr(0, 8), "80016b6b");
}

TEST(RowEncoding, KeysSortByPartitionThenOffset) {
  EXPECT_LT(RowKey(0, 255), RowKey(0, 256));
  EXPECT_LT(RowKey(0, int64_t{1} << 40), RowKey(1, 0));
  EXPECT_LT(RowKey(255, 3), RowKey(256, 0));
}

TEST(RowEncoding, ReadsWhatItWrote) {
  int32_t partition = 0;
  int64_t offset = 0;
  ASSERT_TRUE(ParseRowKey(RowKey(1023, int64_t{1} << 50), &partition, &offset));
  EXPECT_EQ(partition, 1023);
  EXPECT_EQ(offset, int64_t{1} << 50);
  for (const size_t size : {0u, 1u, 127u, 128u, 16383u, 16384u}) {
    const std::string key(size, 'k');
    const std::string row = RowValueHead(key) + "value";
    std::string_view found_key;
    std::string_view found_value;
    ASSERT_TRUE(ParseRowValue(row, &found_key, &found_value)) << size;
    EXPECT_EQ(found_key, key);
    EXPECT_EQ(found_value, "value");
  }
}

TEST(RowEncoding, RefusesWhatIsTooShort) {
  int32_t partition = 0;
  int64_t offset = 0;
  EXPECT_FALSE(ParseRowKey("", &partition, &offset));
  EXPECT_FALSE(ParseRowKey(std::string(11, '\0'), &partition, &offset));
  EXPECT_FALSE(ParseRowKey(std::string(12, '\xff'), &partition, &offset));
  std::string_view key;
  std::string_view value;
  for (const std::string row : {"", "\x04sho", "\x80", "\xff\xff\xff\xff\xff\xff"}) {
    EXPECT_FALSE(ParseRowValue(row, &key, &value)) << Hex(row);
  }
}

}  // namespace
}  // namespace carnet::event_log
