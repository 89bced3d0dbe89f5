#include "cli/till_changes.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

namespace carnet::cli {
namespace {

void ExpectSame(const v1::Change& change, const std::string& text) {
  v1::Change wanted;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &wanted));
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(change, wanted))
      << change.DebugString();
}

TEST(TillChanges, ASaleInCashIsSaidInAFewWords) {
  Till command{.verb = Till::Verb::kSell, .source = "till-1", .total = "12.50"};
  command.unit = "EUR";
  const auto change = ChangeOf(command);
  ASSERT_TRUE(change.ok());
  ExpectSame(*change, R"(
      channel: "pos" source: "till-1" intent: INTENT_FACT
      body { posting { kind: VOUCHER_KIND_SALE total { unit: "EUR" decimal: "12.50" }
        tenders { method: TENDER_METHOD_CASH amount { decimal: "12.50" } } } })");
}

TEST(TillChanges, AndAsFarAsIsNeededInMore) {
  Till command{.verb = Till::Verb::kSell, .source = "till-2", .customer = "c-7"};
  command.actor = "cashier-7";
  command.at = "2026-05-28T09:30:00.25+02:00";
  command.kind = "return";
  command.code = "R-1";
  command.unit = "VND";
  command.total = "30000";
  command.tenders = {"cash=10000", "on-account=20000"};
  command.name = "Anne Roux";
  command.phone = "06 12";
  command.email = "a@example.fr";
  const auto change = ChangeOf(command);
  ASSERT_TRUE(change.ok());
  ExpectSame(*change, R"(
      channel: "pos" source: "till-2" external_id: "c-7" actor: "cashier-7" intent: INTENT_FACT
      occurred_at { seconds: 1779953400 nanos: 250000000 }
      body { posting { kind: VOUCHER_KIND_RETURN code: "R-1" total { unit: "VND" decimal: "30000" }
        tenders { method: TENDER_METHOD_CASH amount { decimal: "10000" } }
        tenders { method: TENDER_METHOD_ON_ACCOUNT amount { decimal: "20000" } }
        contact { contact { name { full { plain: "Anne Roux" } } phones { plain: "06 12" }
          emails { plain: "a@example.fr" } } } } })");
}

TEST(TillChanges, WhatIsWrittenWronglyIsSaid) {
  Till command{.verb = Till::Verb::kSell, .source = "till-1", .total = "1"};
  for (const char* tender : {"cash", "coins=1", "unspecified=1", "=1"}) {
    command.tenders = {tender};
    EXPECT_FALSE(ChangeOf(command).ok()) << tender;
  }
  command.tenders = {};
  command.at = "yesterday";
  EXPECT_FALSE(ChangeOf(command).ok());
}

TEST(TillChanges, WhatIsLackingIsFilledInOnce) {
  const absl::Time now = absl::FromUnixMicros(1'779'953'400'250'001);
  v1::Change change;
  Complete("shop", now, &change);
  EXPECT_EQ(change.merchant(), "shop");
  EXPECT_EQ(change.occurred_at().seconds(), 1'779'953'400);
  EXPECT_EQ(change.occurred_at().nanos(), 250'001'000);
  ASSERT_TRUE(Uuid::Parse(change.id()).has_value());
  EXPECT_EQ(change.id()[14], '7');
  EXPECT_LT(change.id(), NewChangeId(now + absl::Milliseconds(1)).ToString());
  EXPECT_NE(NewChangeId(now), NewChangeId(now));
  const v1::Change before = change;
  Complete("other", now + absl::Hours(1), &change);
  ExpectSame(change, before.DebugString());
}

}  // namespace
}  // namespace carnet::cli
