// Values, positions, JSON and errors as people and programs read them.
#include <google/protobuf/timestamp.pb.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "carnet/v1/change.pb.h"
#include "cli/advice.h"
#include "cli/json.h"
#include "cli/position.h"
#include "cli/vouchers.h"
#include "cli/words.h"

namespace carnet::cli {
namespace {

constexpr char kLog[] = "0196dd0c-b640-74e1-9bbb-52825cc4d701";

TEST(Words, AmountsHaveTheirUnitsDecimalsAndCode) {
  v1::Money money;
  money.set_minor(1250);
  EXPECT_EQ(AmountText(money, "EUR"), "12.50 EUR");
  EXPECT_EQ(AmountText(money, "VND"), "1250 VND");
  EXPECT_EQ(AmountText(money, "KWD"), "1.250 KWD");
  money.set_unit("VND");
  EXPECT_EQ(AmountText(money, "EUR"), "1250 VND");
  v1::Amount amount;
  EXPECT_EQ(AmountText(amount), "");
  amount.set_unit("EUR");
  amount.set_decimal("-0.05");
  EXPECT_EQ(AmountText(amount), "-0.05 EUR");
}

TEST(Words, TimesHaveTheirZone) {
  google::protobuf::Timestamp time;
  EXPECT_EQ(TimeText(time, absl::UTCTimeZone()), "");
  time.set_seconds(1747465440);
  EXPECT_EQ(TimeText(time, absl::UTCTimeZone()), "2025-05-17 07:04:00 +00:00");
  EXPECT_EQ(TimeText(time, absl::FixedTimeZone(7 * 3600)), "2025-05-17 14:04:00 +07:00");
}

v1::Amount Euros(int64_t minor, const std::string& decimal) {
  v1::Amount amount;
  amount.set_unit("EUR");
  amount.set_minor(minor);
  amount.set_decimal(decimal);
  return amount;
}

TEST(Vouchers, ABillIsAboutThePayable) {
  v1::Voucher bill;
  bill.set_kind(v1::VOUCHER_KIND_BILL);
  bill.set_record("customers/of-a-supplier");
  *bill.mutable_total() = Euros(6000, "60.00");
  *bill.mutable_receivable() = Euros(0, "0.00");
  *bill.mutable_balance_after() = Euros(700, "7.00");
  *bill.mutable_payable() = Euros(-6000, "-60.00");
  *bill.mutable_payable_balance_after() = Euros(-9000, "-90.00");
  const std::string shown = RenderVouchers({bill}, nullptr);
  EXPECT_NE(shown.find("60.00 EUR  -60.00 EUR  -90.00 EUR"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("7.00"), std::string::npos) << shown;
}

TEST(Vouchers, TendersHaveTheMerchantsOwnNames) {
  v1::Voucher sale;
  *sale.mutable_total() = Euros(6000, "60.00");
  auto* tender = sale.add_tenders();
  tender->set_method(v1::TENDER_METHOD_CARD);
  tender->set_label("Visa terminal 2");
  tender->mutable_amount()->set_minor(6000);
  EXPECT_EQ(TendersText(sale), "card (Visa terminal 2)");
  tender->mutable_amount()->set_minor(5000);
  tender = sale.add_tenders();
  tender->set_method(v1::TENDER_METHOD_CASH);
  tender->mutable_amount()->set_minor(1000);
  EXPECT_EQ(TendersText(sale), "card (Visa terminal 2) 50.00 + cash 10.00");
}

TEST(Words, EnumsReadAsWords) {
  EXPECT_EQ(EnumWord(v1::TENDER_METHOD_ON_ACCOUNT), "on account");
  EXPECT_EQ(EnumWord(v1::VOUCHER_KIND_SALE), "sale");
  EXPECT_EQ(EnumWord(static_cast<v1::VoucherKind>(99)), "99") << "of a newer server";
}

TEST(Words, Counts) {
  EXPECT_EQ(Count(0, "change"), "0 changes");
  EXPECT_EQ(Count(1, "change"), "1 change");
  EXPECT_EQ(Count(999, "change"), "999 changes");
  EXPECT_EQ(Count(1234567, "change"), "1,234,567 changes");
}

TEST(Position, ThereAndBack) {
  const auto token = ParsePosition(std::string(kLog) + ":1:118");
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->log(), kLog);
  EXPECT_EQ(token->partition(), 1);
  EXPECT_EQ(token->offset(), 118);
  EXPECT_EQ(PositionText(*token), std::string(kLog) + ":1:118");
}

TEST(Position, WhatIsNoneIsRefused) {
  for (const std::string text : {"", "118", "x:1:118", ":1:2", "1:2:3:4"}) {
    EXPECT_FALSE(ParsePosition(text).ok()) << text;
  }
  for (const std::string text : {":1:", ":-1:5", ":1:-5", ":1:5x", ":1:5:6"}) {
    EXPECT_FALSE(ParsePosition(kLog + text).ok()) << text;
  }
}

TEST(Json, FieldsAreNamedAsInTheProtos) {
  v1::Change change;
  change.set_external_id("C-1");
  change.mutable_body()->mutable_posting()->mutable_total()->set_minor(-5);
  EXPECT_EQ(ToJson(change), R"({"external_id":"C-1","body":{"posting":{"total":{"minor":"-5"}}}})");
}

TEST(Json, BothSpellingsAreRead) {
  v1::Change change;
  ASSERT_TRUE(
      FromJson(R"({"external_id":"C-1","occurredAt":"2025-05-17T07:04:00Z"})", &change).ok());
  EXPECT_EQ(change.external_id(), "C-1");
  EXPECT_EQ(change.occurred_at().seconds(), 1747465440);
}

TEST(Json, ErrorsAreNamed) {
  v1::Change change;
  EXPECT_EQ(ReasonOf(FromJson(R"({"externalid":"C-1"})", &change)), "UNKNOWN_FIELD");
  EXPECT_EQ(ReasonOf(FromJson(R"({"external_id":)", &change)), "UNPARSABLE");
  EXPECT_EQ(ReasonOf(FromJson(R"({"intent":"INTENT_PERHAPS"})", &change)), "UNPARSABLE");
  EXPECT_EQ(ReasonOf(FromJson("{\"external_id\":\"\xC3\x28\"}", &change)), "UNPARSABLE");
  EXPECT_EQ(ReasonOf(FromJson("[]", &change)), "UNPARSABLE");
}

TEST(Json, Strings) { EXPECT_EQ(JsonString("a\"b\\\n"), R"("a\"b\\\n")"); }

const CallFacts kFacts = {.address = "127.0.0.1:7411", .timeout = absl::Seconds(2)};

TEST(Advice, AServerThatIsNotThere) {
  const std::string text = Advice(absl::UnavailableError("Connection refused"), kFacts);
  EXPECT_EQ(
      text,
      "can't reach carnetd at 127.0.0.1:7411: Connection refused\n"
      "  → is carnetd running? Start it with `deploy/run` (or `carnetd`), or say where it is: "
      "--address HOST:PORT or CARNET_ADDRESS\n");
}

TEST(Advice, ReasonFieldFactsAndWhatToDo) {
  absl::Status status = Error(absl::StatusCode::kUnavailable, "BEHIND",
                              "the views are not there yet", "min_position");
  AddErrorMetadata("position", "17", &status);
  EXPECT_EQ(
      Advice(status, kFacts),
      "the views are not there yet\n"
      "  reason: BEHIND, field: min_position, position: 17\n"
      "  → the views are catching up: ask again, or give them longer with --timeout SECONDS\n");
  EXPECT_EQ(OneLine(status), "BEHIND (min_position): the views are not there yet");
}

TEST(Advice, NoAnswerInTime) {
  EXPECT_NE(Advice(absl::DeadlineExceededError("x"), kFacts).find("within 2s"), std::string::npos);
}

}  // namespace
}  // namespace carnet::cli
