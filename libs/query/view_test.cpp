#include "query/view.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace carnet::query {
namespace {

constexpr char kLog[] = "11111111-2222-4333-8444-555555555555";
constexpr char kOtherLog[] = "99999999-2222-4333-8444-555555555555";

carnet::v1::Token MakeToken(const std::string& log, int32_t partition, int64_t offset) {
  carnet::v1::Token token;
  token.set_log(log);
  token.set_partition(partition);
  token.set_offset(offset);
  return token;
}

std::string Reason(const carnet::v1::Token& token) {
  return ReasonOf(WantedOffset(true, token, kLog, 3).status());
}

TEST(WantedOffsetTest, IsTheTokensInThisLogAndPartition) {
  EXPECT_EQ(*WantedOffset(true, MakeToken(kLog, 3, 17), kLog, 3), 17);
  EXPECT_EQ(*WantedOffset(false, {}, kLog, 3), 0);
}

TEST(WantedOffsetTest, OtherLogsAreAPreconditionThatFailed) {
  const auto wanted = WantedOffset(true, MakeToken(kOtherLog, 3, 17), kLog, 3);
  EXPECT_EQ(wanted.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(wanted.status()), "TOKEN_OF_ANOTHER_LOG");
}

TEST(WantedOffsetTest, WhatIsNoTokenIsAnArgumentThatIsInvalid) {
  EXPECT_EQ(Reason(MakeToken("", 3, 17)), "TOKEN_MALFORMED");
  EXPECT_EQ(Reason(MakeToken("log", 3, 17)), "TOKEN_MALFORMED");
  EXPECT_EQ(Reason(MakeToken(kLog, 3, -1)), "TOKEN_MALFORMED");
  EXPECT_EQ(Reason(MakeToken(kLog, 2, 17)), "TOKEN_OF_ANOTHER_PARTITION");
}

}  // namespace
}  // namespace carnet::query
