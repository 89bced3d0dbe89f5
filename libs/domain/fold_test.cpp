// The fold, change by change: what becomes of ids, customers, cells, links and dead letters. The
// ledger's own rules are in ledger/ledger_test.cpp.
#include "domain/fold.h"

#include <gtest/gtest.h>

#include "domain/customers/record.h"
#include "domain/keys.h"
#include "domain/test_support.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::Cell;
using carnet::log::v1::RecordRow;
using testing::ContactWithEmail;
using testing::Receipt;
using testing::Sale;
using testing::Shop;

Uuid Record(std::string_view external_id) { return RecordId("shop", "pos", "till-1", external_id); }

RecordRow ReadRecord(const Shop& shop, const Uuid& record) {
  RecordRow row;
  EXPECT_TRUE(GetRow(shop.state(), Family::kRecords, RecordKey("shop", record), &row));
  return row;
}

bool HasEmail(const Shop& shop, std::string_view token, std::string_view external_id) {
  std::string ignored;
  return shop.state().Get(Family::kIdentifiers,
                          IdentifierKey("shop", carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT, token,
                                        Record(external_id)),
                          &ignored);
}

std::string Link(const Uuid& a, const Uuid& b, std::string_view verb = "link") {
  return std::string(verb) + "_customers { customer: \"" + a.ToString() + "\" other: \"customers/" +
         b.ToString() + "\" }";
}

TEST(Ids, TheSameAgainChangesNothing) {
  Shop shop;
  const auto sale = Shop::Fact(1, "A", Sale("S1", 4000));
  EXPECT_EQ(shop.Fold(sale), "APPLIED S1");
  const std::string feed = shop.Feed();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(shop.Fold(sale), "DUPLICATE S1");
  EXPECT_EQ(shop.Balance("A"), 4000);
  EXPECT_EQ(shop.Feed(), feed);
  carnet::v1::Outcome outcome;
  ASSERT_TRUE(ReadOutcome(shop.state(), "shop", *Uuid::FromBytes(sale.id()), &outcome));
  EXPECT_EQ(outcome.duplicates(), 10U);
  EXPECT_EQ(outcome.change_number(), 1U);
}

TEST(Ids, OtherContentUnderAUsedIdIsRefused) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Sale("S1", 4000)));
  EXPECT_EQ(shop.Fold(Shop::Fact(1, "A", Sale("S1", 4500))), "REJECTED ID_REUSED");
  EXPECT_EQ(shop.Balance("A"), 4000);
  EXPECT_EQ(shop.Fold(Shop::Fact(2, "A", Sale("S2", 100))), "APPLIED S2");
  carnet::v1::Outcome outcome;
  ASSERT_TRUE(
      ReadOutcome(shop.state(), "shop", *Uuid::FromBytes(Shop::Change(2, "").id()), &outcome));
  EXPECT_EQ(outcome.change_number(), 2U) << "a repeat takes no number";
}

TEST(Ids, ARejectedIdIsUsedUp) {
  Shop shop;
  const auto request = Shop::Request(1, "", "set_debt { target { unit: \"EUR\" minor: 5 } }");
  EXPECT_EQ(shop.Fold(request), "REJECTED NO_CUSTOMER");
  EXPECT_EQ(shop.Fold(request), "DUPLICATE NO_CUSTOMER");
}

TEST(DeadLetters, DoNotUseUpTheirId) {
  Shop shop;
  auto bad = Shop::Fact(1, "A", Sale("S1", 4000));
  bad.mutable_body()->mutable_posting()->mutable_tenders(0)->mutable_amount()->set_minor(3999);
  bad.set_content_hash("other content 16");
  EXPECT_EQ(shop.Fold(bad), "DEAD_LETTER UNBALANCED");
  EXPECT_EQ(shop.Fold(bad), "DEAD_LETTER UNBALANCED");
  EXPECT_EQ(shop.Feed(), "");
  EXPECT_EQ(shop.Fold(Shop::Fact(1, "A", Sale("S1", 4000))), "APPLIED S1");
  EXPECT_EQ(shop.Fold(bad), "DEAD_LETTER UNBALANCED") << "form before id";
  EXPECT_EQ(shop.Fold(Shop::Fact(1, "A", Sale("S1", 4000))), "DUPLICATE S1") << "the outcome stays";
  carnet::log::v1::DeadLetterRow letter;
  ASSERT_TRUE(GetRow(shop.state(), Family::kDeadLetters, DeadLetterKey("shop", 1), &letter));
  EXPECT_EQ(letter.duplicates(), 2U);
}

TEST(DeadLetters, BadFormIsNamed) {
  Shop shop;
  const auto fold = [&](auto change_it) {
    auto change = Shop::Fact(1, "A", Sale("S1", 4000));
    change_it(&change);
    return shop.Fold(change);
  };
  using Change = carnet::log::v1::Change;
  EXPECT_EQ(fold([](Change* c) { c->set_id("short"); }), "DEAD_LETTER ID_MISSING");
  EXPECT_EQ(fold([](Change* c) { c->set_content_hash(""); }), "DEAD_LETTER UNPARSABLE");
  EXPECT_EQ(fold([](Change* c) { c->set_channel("POS"); }), "DEAD_LETTER NAME_MALFORMED");
  EXPECT_EQ(fold([](Change* c) { c->set_source(""); }), "DEAD_LETTER NAME_MALFORMED");
  EXPECT_EQ(fold([](Change* c) { c->set_external_id(std::string(129, 'x')); }),
            "DEAD_LETTER EXTERNAL_ID_MALFORMED");
  EXPECT_EQ(fold([](Change* c) { c->set_customer_id("xyz"); }), "DEAD_LETTER CUSTOMER_MALFORMED");
  EXPECT_EQ(fold([](Change* c) { c->set_effective_day(99'999'999); }),
            "DEAD_LETTER TIME_MALFORMED");
  EXPECT_EQ(fold([](Change* c) { c->set_intent(carnet::v1::INTENT_UNSPECIFIED); }),
            "DEAD_LETTER INTENT_MISSING");
  EXPECT_EQ(fold([](Change* c) { c->clear_body(); }), "DEAD_LETTER BODY_MISSING");
  EXPECT_EQ(fold([](Change* c) {
              c->mutable_body()->mutable_posting()->mutable_note()->set_plain("Bob");
            }),
            "DEAD_LETTER PLAIN_PERSONAL_DATA");
  EXPECT_EQ(fold([](Change* c) {
              auto* posting = c->mutable_body()->mutable_posting();
              posting->GetReflection()->MutableUnknownFields(posting)->AddVarint(4711, 1);
            }),
            "DEAD_LETTER UNKNOWN_FIELD");
  EXPECT_EQ(shop.Feed(), "");
}

TEST(Rules, NewerOnesStopTheFold) {
  Shop shop;
  auto change = Shop::Fact(1, "A", Sale("S1", 4000));
  change.set_rules_version(kRulesVersion + 1);
  EXPECT_EQ(shop.Fold(change).substr(0, 4), "STOP");
  EXPECT_EQ(shop.Fold(Shop::Request(2, "", "rules_version_activated { version: 2 }")).substr(0, 4),
            "STOP");
  EXPECT_EQ(shop.Fold(Shop::Request(3, "", "rules_version_activated { version: 1 }")),
            "APPLIED NO_CHANGE");
  EXPECT_EQ(shop.Dump().find("S1"), std::string::npos) << "nothing was written";
}

TEST(Invariants, WhatCantBeReadStopsTheFoldAndLeavesNothing) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Sale("S1", 4000)));
  shop.state().Put(Family::kAccounts, RecordKey("shop", Record("A")), "\xff damaged");
  const std::string before = shop.Dump();
  EXPECT_EQ(shop.Fold(Shop::Fact(2, "A", Sale("S2", 100))),
            "STOP it does not hold that a row of the views can be read: a bug, or views that were "
            "damaged. Keep the "
            "log, report it, and fold the views anew");
  EXPECT_EQ(shop.Dump(), before);
  EXPECT_EQ(shop.Fold(Shop::Fact(3, "B", Sale("S3", 100))), "APPLIED S3");
}

TEST(Customers, WhateverNamesAnUnknownExternalIdCreatesOne) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Receipt("R1", 500)));
  EXPECT_EQ(shop.Feed(), "created posted balance");
  shop.Fold(Shop::Fact(2, "A", ContactWithEmail("box", "token-of-16-byte")));
  EXPECT_EQ(shop.Feed(), "created posted balance updated");
  EXPECT_EQ(ReadRecord(shop, Record("A")).created_change_number(), 1U);
}

TEST(Customers, ARefusedChangeCreatesNobody) {
  Shop shop;
  shop.Fold(Shop::Request(1, "A", "set_debt { target { unit: \"EUR\" minor: 5 } }"));
  auto change = Shop::Request(2, "B", "set_debt { target { unit: \"EUR\" minor: 5 } }");
  change.mutable_preconditions()->mutable_expected_balance()->set_minor(77);
  EXPECT_EQ(shop.Fold(change), "REJECTED BALANCE_CHANGED");
  std::string ignored;
  EXPECT_TRUE(shop.state().Get(Family::kRecords, RecordKey("shop", Record("A")), &ignored));
  EXPECT_FALSE(shop.state().Get(Family::kRecords, RecordKey("shop", Record("B")), &ignored));
}

TEST(Cells, TheLaterByTheChannelsClockWinsAndLookupsFollow) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", ContactWithEmail("old", "token-old-16byte"), 3));
  shop.Fold(Shop::Fact(2, "A", ContactWithEmail("new", "token-new-16byte"), 5));
  EXPECT_FALSE(HasEmail(shop, "token-old-16byte", "A"));
  EXPECT_TRUE(HasEmail(shop, "token-new-16byte", "A"));
  auto stale = Shop::Fact(3, "A", ContactWithEmail("stale", "token-stale-16by"), 6);
  stale.set_occurred_at_micros(Shop::Change(3, "A", 4).occurred_at_micros());
  EXPECT_EQ(shop.Fold(stale), "APPLIED");
  EXPECT_TRUE(HasEmail(shop, "token-new-16byte", "A"));
  EXPECT_FALSE(HasEmail(shop, "token-stale-16by", "A"));
}

TEST(Cells, AClockThatRunsAheadWinsNothing) {
  Shop shop;
  auto future = Shop::Fact(1, "A", ContactWithEmail("2099", "token-2099-16byt"), 1);
  future.set_occurred_at_micros(int64_t{4'070'908'800} * 1'000'000);
  future.set_effective_day(47117);
  EXPECT_EQ(shop.Fold(future), "APPLIED CLOCK_SUSPECT");
  shop.Fold(Shop::Fact(2, "A", ContactWithEmail("today", "token-today-16by"), 2));
  EXPECT_TRUE(HasEmail(shop, "token-today-16by", "A"));
}

TEST(Cells, WhatADocumentSaysInPassingRanksBelow) {
  const std::string posting = Sale("S1", 100);
  const std::string with_contact =
      posting.substr(0, posting.size() - 1) +
      ContactWithEmail("doc", "token-doc-16byte")
          .replace(0, std::string("contact_observed").size(), "contact") +
      " }";
  for (const bool document_first : {true, false}) {
    Shop shop;
    const auto document = Shop::Fact(1, "A", with_contact, 9);
    const auto own = Shop::Fact(2, "A", ContactWithEmail("own", "token-own-16byte"), 3);
    EXPECT_EQ(shop.Fold(document_first ? document : own).substr(0, 7), "APPLIED");
    EXPECT_EQ(shop.Fold(document_first ? own : document).substr(0, 7), "APPLIED");
    EXPECT_TRUE(HasEmail(shop, "token-own-16byte", "A")) << document_first;
    EXPECT_FALSE(HasEmail(shop, "token-doc-16byte", "A")) << document_first;
  }
}

TEST(Links, OnlyAddAnEdgeAndCanBeUndoneInAnyOrder) {
  Shop shop;
  for (int i = 0; i < 3; ++i)
    shop.Fold(Shop::Fact(i + 1, std::string(1, static_cast<char>('A' + i)),
                         Sale("S" + std::to_string(i), 100)));
  const Uuid a = Record("A");
  const Uuid b = Record("B");
  const Uuid c = Record("C");
  EXPECT_EQ(shop.Fold(Shop::Request(11, "", Link(b, c))), "APPLIED");
  EXPECT_EQ(shop.Fold(Shop::Request(12, "", Link(c, a))), "APPLIED");
  EXPECT_EQ(shop.Fold(Shop::Request(13, "", Link(b, c))), "APPLIED NO_CHANGE");
  carnet::log::v1::CustomerRow customer;
  ASSERT_TRUE(GetRow(shop.state(), Family::kLinks, CustomerKey("shop", a), &customer))
      << "the oldest gives its id";
  EXPECT_EQ(customer.members_size(), 3);
  EXPECT_EQ(ReadRecord(shop, c).customer_id(), std::string(a.bytes()));
  EXPECT_EQ(shop.Fold(Shop::Fact(14, "C", Sale("S9", 50))), "APPLIED S9");
  EXPECT_EQ(shop.Feed(),
            "created posted balance created posted balance created posted balance linked linked "
            "posted balance "
            "whole-balance");
  EXPECT_EQ(shop.Fold(Shop::Request(15, "", Link(b, c, "unlink"))), "APPLIED");
  EXPECT_EQ(ReadRecord(shop, b).customer_id(), "");
  EXPECT_EQ(shop.Fold(Shop::Request(16, "", Link(a, c, "unlink"))), "APPLIED");
  EXPECT_FALSE(GetRow(shop.state(), Family::kLinks, CustomerKey("shop", a), &customer));
  EXPECT_EQ(shop.Balance("C"), 150) << "vouchers stay where they were addressed";
  EXPECT_EQ(shop.Fold(Shop::Request(17, "", Link(a, Record("nobody")))), "REJECTED NOT_FOUND");
}

TEST(Links, NamingACustomerByIdWritesToARecordOfOnesOwn) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Sale("S1", 100)));
  auto edit = Shop::Fact(2, "", ContactWithEmail("edited", "token-edit-16byt"), 2);
  edit.set_channel("back-office");
  edit.set_source("desk");
  edit.set_customer_id(std::string(Record("A").bytes()));
  EXPECT_EQ(shop.Fold(edit), "APPLIED");
  EXPECT_EQ(shop.Feed(), "created posted balance created linked updated");
  carnet::log::v1::CustomerRow customer;
  ASSERT_TRUE(GetRow(shop.state(), Family::kLinks, CustomerKey("shop", Record("A")), &customer));
  EXPECT_EQ(customer.members_size(), 2);
  edit.set_customer_id(std::string(Record("nobody").bytes()));
  edit.set_id(Shop::Change(3, "").id());
  EXPECT_EQ(shop.Fold(edit), "APPLIED UNKNOWN_CUSTOMER");
  edit.set_intent(carnet::v1::INTENT_REQUEST);
  edit.set_id(Shop::Change(4, "").id());
  EXPECT_EQ(shop.Fold(edit), "REJECTED NOT_FOUND");
}

// Merchants must not see each other, not even through counters.
TEST(Merchants, FoldEachAsIfAlone) {
  const auto dump_of = [](const std::vector<std::string>& order) {
    Shop shop;
    int ids[2] = {0, 0};
    for (const std::string& merchant : order) {
      const int which = merchant == "one" ? 0 : 1;
      auto change = Shop::Fact(++ids[which], "A", Sale("", 100));
      change.set_merchant(merchant);
      shop.Fold(change);
    }
    return shop.Dump();
  };
  EXPECT_EQ(dump_of({"one", "one", "two", "two"}), dump_of({"two", "one", "two", "one"}));
}

}  // namespace
}  // namespace carnet::domain
