// What policy says of cards, and what follows from them: archive, consents, companies, referrals,
// what was bought.
#include <string>

#include "domain/customers/card_test.h"

namespace carnet::domain {
namespace {

using namespace testing;  // NOLINT: one vocabulary

TEST(Policies, ARequiredFieldIsAskedForOneViolationEach) {
  Shop shop;
  shop.Fold(Shop::Request(
      1, "",
      Policy("fields { field: 'language' required: true } fields { field: 'sector' "
             "required: true channels: 'back-office' } custom_fields { key: 'size' type: "
             "CUSTOM_FIELD_TYPE_NUMBER required: true }",
             "fields: 'fields' fields: 'custom_fields'")));
  carnet::v1::Outcome outcome;
  const auto refused = From(Shop::Request(2, "A", Said("country: 'FR'")), "back-office");
  ASSERT_TRUE(FoldChange(refused, &shop.state(), &outcome).ok());
  EXPECT_EQ(outcome.reason(), "REQUIRED_FIELD");
  ASSERT_EQ(outcome.violations_size(), 3);
  EXPECT_EQ(outcome.violations(0).field(), "custom.size");
  EXPECT_EQ(outcome.violations(1).field(), "language");
  EXPECT_EQ(outcome.violations(2).field(), "sector");
  // A fact is never refused for it, and older gaps need not be filled.
  EXPECT_EQ(shop.Fold(From(Shop::Fact(3, "B", Said("country: 'FR'")), "back-office")), "APPLIED");
  EXPECT_EQ(shop.Fold(From(Shop::Request(4, "B", Said("country: 'NL'")), "back-office")),
            "APPLIED");
  EXPECT_EQ(shop.Fold(From(Shop::Request(5, "B", Said("", "clear: 'language'")), "back-office")),
            "REJECTED REQUIRED_FIELD");
  EXPECT_EQ(shop.Fold(From(Shop::Request(6, "C",
                                         Said("language: 'fr' sector: 'x' custom { key: "
                                              "'size' number: '12.5' }")),
                           "back-office")),
            "APPLIED");
}

TEST(Policies, WhatIsSwitchedOffIsDroppedAndFlagged) {
  Shop shop;
  shop.Fold(Shop::Request(1, "",
                          Policy("fields { field: 'language' switched_off: true channels: "
                                 "'pos' }",
                                 "fields: 'fields'")));
  EXPECT_EQ(shop.Fold(From(Shop::Fact(2, "A", Said("language: 'fr' country: 'FR'")), "pos")),
            "APPLIED FIELD_SWITCHED_OFF");
  EXPECT_EQ(Shown(shop, {Record("A", "pos", "main")}, "language"), "-");
  EXPECT_EQ(Shown(shop, {Record("A", "pos", "main")}, "country"), "country: \"FR\"");
}

TEST(Policies, ACustomKeyKeepsItsTypeForEver) {
  Shop shop;
  const auto policy = [](std::string_view type) {
    return Policy("custom_fields { key: 'k' type: CUSTOM_FIELD_TYPE_" + std::string(type) + " }",
                  "fields: 'custom_fields'");
  };
  EXPECT_EQ(shop.Fold(Shop::Request(1, "", policy("NUMBER"))), "APPLIED");
  EXPECT_EQ(shop.Fold(Shop::Request(2, "", policy("NUMBER"))), "APPLIED NO_CHANGE");
  EXPECT_EQ(shop.Fold(Shop::Request(3, "", policy("DATE"))), "REJECTED FIELD_TYPE_CHANGED");
  EXPECT_EQ(shop.Fold(Shop::Request(4, "", Policy("", "fields: 'custom_fields'"))), "APPLIED");
  EXPECT_EQ(shop.Fold(Shop::Request(5, "", policy("DATE"))), "REJECTED FIELD_TYPE_CHANGED");
  EXPECT_EQ(shop.Fold(Shop::Request(6, "", policy("NUMBER"))), "APPLIED");
  EXPECT_EQ(shop.Fold(Shop::Request(7, "A", Said("custom { key: 'k' date: '2026-01-01' }"))),
            "REJECTED CUSTOM_VALUE_MALFORMED");
  EXPECT_EQ(shop.Fold(Shop::Fact(8, "A", Said("custom { key: 'k' number: 'x' }"))),
            "APPLIED CUSTOM_VALUE_MALFORMED");
  EXPECT_EQ(shop.Fold(Shop::Request(9, "A", Said("custom { key: 'other' number: '1' }"))),
            "REJECTED FIELD_UNKNOWN");
  EXPECT_EQ(shop.Fold(Shop::Fact(10, "A", Said("custom { key: 'k' number: '-1.5' }"))), "APPLIED");
  EXPECT_EQ(Shown(shop, {Record("A")}, "custom.k"), "custom { key: \"k\" number: \"-1.5\" }");
}

TEST(Policies, AWalkInsIdIsNobody) {
  Shop shop;
  shop.Fold(Shop::Request(
      1, "", Policy("walk_in_ids { source: 'till-1' external_id: '0' }", "fields: 'walk_in_ids'")));
  EXPECT_EQ(shop.Fold(Shop::Fact(2, "0", CashSale("S1", 100))), "APPLIED WALK_IN S1");
  EXPECT_EQ(shop.Fold(Shop::Fact(3, "1", CashSale("S2", 100))), "APPLIED S2");
  EXPECT_EQ(shop.Fold(Shop::Fact(4, "0", Said("language: 'fr'"))), "APPLIED WALK_IN");
  std::string ignored;
  EXPECT_FALSE(shop.state().Get(Family::kRecords, RecordKey("shop", Record("0")), &ignored));
}

TEST(Policies, AccountsAreGeneratedOnceAndAssigneesGiven) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Said("language: 'fr'")));
  shop.Fold(Shop::Request(2, "",
                          Policy("account_prefix: '411' default_assignee { team: 'north' }",
                                 "fields: 'account_prefix' fields: 'default_assignee'")));
  shop.Fold(Shop::Fact(3, "B", CashSale("S1", 100)));
  shop.Fold(Shop::Fact(4, "C", Said("language: 'fr'")));
  shop.Fold(Shop::Request(5, "", Policy("account_prefix: '900'", "fields: 'account_prefix'")));
  shop.Fold(Shop::Fact(6, "B", Said("language: 'fr'")));
  EXPECT_EQ(Read(shop, Record("A")).generated_account(), "");
  EXPECT_EQ(Read(shop, Record("B")).generated_account(), "41100001");
  EXPECT_EQ(Read(shop, Record("C")).generated_account(), "41100002");
  EXPECT_EQ(Read(shop, Record("C")).default_assignee().team(), "north");
}

TEST(Policies, AnEmailOfAnotherCustomerIsRefusedWherePolicySaysSo) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", ContactWithEmail("a", "0123456789abcdef")));
  EXPECT_EQ(shop.Fold(Shop::Request(2, "B", ContactWithEmail("b", "0123456789abcdef"))), "APPLIED");
  shop.Fold(Shop::Request(
      3, "", Policy("email_uniqueness: UNIQUENESS_REFUSE", "fields: 'email_uniqueness'")));
  EXPECT_EQ(shop.Fold(Shop::Request(4, "C", ContactWithEmail("c", "0123456789abcdef"))),
            "REJECTED VALUE_TAKEN");
  EXPECT_EQ(shop.Fold(Shop::Fact(5, "D", ContactWithEmail("d", "0123456789abcdef"))),
            "APPLIED VALUE_TAKEN");
  EXPECT_EQ(shop.Fold(Shop::Fact(6, "E", ContactWithEmail("e", "fedcba9876543210"))), "APPLIED");
}

TEST(Policies, AnEtagGuardsPolicyAndCard) {
  Shop shop;
  auto change = Shop::Request(1, "", Policy("country: 'FR'", "fields: 'country'"));
  change.mutable_preconditions()->set_etag("0");
  EXPECT_EQ(shop.Fold(change), "APPLIED");
  change = Shop::Request(2, "", Policy("country: 'NL'", "fields: 'country'"));
  change.mutable_preconditions()->set_etag("0");
  EXPECT_EQ(shop.Fold(change), "REJECTED ETAG_CHANGED");

  shop.Fold(Shop::Fact(3, "A", Said("language: 'fr'")));
  const std::string etag = CardEtag(shop.state(), "shop", Record("A"));
  shop.Fold(Shop::Fact(4, "A", Sale("S1", 100)));  // no change of the card
  auto update = Shop::Request(5, "A", Said("language: 'nl'"));
  update.mutable_preconditions()->set_etag(etag);
  EXPECT_EQ(shop.Fold(update), "APPLIED");
  update = Shop::Request(6, "A", Said("language: 'en'"));
  update.mutable_preconditions()->set_etag(etag);
  EXPECT_EQ(shop.Fold(update), "REJECTED ETAG_CHANGED");
}

TEST(Archive, IsRefusedWhileSomethingIsOpenUnlessItIsKept) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Sale("S1", 100)));
  EXPECT_EQ(shop.Fold(Shop::Request(2, "A", "customer_archived {}")), "REJECTED HAS_BALANCE");
  EXPECT_EQ(
      shop.Fold(Shop::Request(3, "A", "customer_archived { balance: BALANCE_ON_ARCHIVE_KEEP }")),
      "APPLIED");
  EXPECT_EQ(
      shop.Fold(Shop::Request(4, "A", "customer_archived { balance: BALANCE_ON_ARCHIVE_KEEP }")),
      "APPLIED NO_CHANGE");
  EXPECT_NE(Read(shop, Record("A")).archived_change_number(), 0U);
  EXPECT_EQ(shop.Fold(Shop::Request(5, "A", "customer_archived { restore: true }")), "APPLIED");
  EXPECT_EQ(Read(shop, Record("A")).archived_change_number(), 0U);
  EXPECT_EQ(shop.Fold(Shop::Fact(6, "A", testing::Receipt("R1", 100))), "APPLIED R1");
  EXPECT_EQ(shop.Fold(Shop::Request(7, "A", "customer_archived {}")), "APPLIED");
}

TEST(Archive, WhatWeOweAndOrdersAreOpenToo) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Said("language: 'fr'")));
  EXPECT_EQ(shop.Fold(Shop::Request(
                2, "A",
                "posting { kind: VOUCHER_KIND_BILL code: 'B1' total { unit: 'EUR' minor: 100 } }")),
            "APPLIED B1");
  EXPECT_EQ(shop.Balance("A", "EUR", Side::kPayable), -100);
  EXPECT_EQ(shop.Fold(Shop::Request(3, "A", "customer_archived {}")), "REJECTED HAS_BALANCE");
  EXPECT_EQ(
      shop.Fold(Shop::Request(
          4, "A",
          "posting { kind: VOUCHER_KIND_SUPPLIER_PAYMENT code: 'P1' total { unit: 'EUR' minor: "
          "100 } tenders { method: TENDER_METHOD_CASH amount { minor: 100 } } }")),
      "APPLIED P1");
  // Paid in full, but not handed over.
  const auto order = [](int version, std::string_view state) {
    return "order_observed { order_id: 'O1' unit: 'EUR' snapshot { version: " +
           std::to_string(version) + " state: ORDER_STATE_" + std::string(state) +
           " method: TENDER_METHOD_CARD total { minor: 50 } charge { minor: 50 } paid { minor: 50 "
           "} } }";
  };
  EXPECT_EQ(shop.Fold(Shop::Fact(5, "A", order(1, "CONFIRMED"))).substr(0, 7), "APPLIED");
  EXPECT_EQ(shop.Balance("A"), 0);
  EXPECT_EQ(shop.Fold(Shop::Request(6, "A", "customer_archived {}")), "REJECTED HAS_BALANCE");
  EXPECT_EQ(shop.Fold(Shop::Fact(7, "A", order(2, "COMPLETED"))).substr(0, 7), "APPLIED");
  EXPECT_EQ(shop.Fold(Shop::Request(8, "A", "customer_archived {}")), "APPLIED");
}

std::string Consent(std::string_view state) {
  return "consent_recorded { email { sealed { key_id: '0123456789abcdef' box: 'x' tokens { kind: "
         "IDENTITY_TOKEN_KIND_EMAIL_EXACT value: 'fedcba9876543210' } } } purpose: 'news' state: "
         "CONSENT_STATE_" +
         std::string(state) + " }";
}

std::string ConsentNow(const Shop& shop) {
  carnet::log::v1::ConsentRow row;
  GetRow(
      shop.state(), Family::kConsents,
      ConsentKey("shop", carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT, "fedcba9876543210", "news"),
      &row);
  return carnet::v1::ConsentState_Name(row.state()).substr(std::string("CONSENT_STATE_").size());
}

TEST(Consents, TheLatestWordCountsAndOnATieTheWithdrawal) {
  const auto given = At(Shop::Fact(1, "", Consent("GIVEN")), 20);
  const auto withdrawn = At(Shop::Fact(2, "", Consent("WITHDRAWN")), 10);
  for (const bool swapped : {false, true}) {
    Shop shop;
    shop.Fold(swapped ? withdrawn : given);
    shop.Fold(swapped ? given : withdrawn);
    EXPECT_EQ(ConsentNow(shop), "GIVEN");
  }
  auto tied = withdrawn;
  tied.set_occurred_at_micros(given.occurred_at_micros());
  for (const bool swapped : {false, true}) {
    Shop shop;
    shop.Fold(swapped ? tied : given);
    shop.Fold(swapped ? given : tied);
    EXPECT_EQ(ConsentNow(shop), "WITHDRAWN");
  }
}

TEST(Companies, WhatAContactBuysIsTheCompanys) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "ACME", Said("type: PARTY_TYPE_COMPANY")));
  const Uuid company = Record("ACME");
  EXPECT_EQ(
      shop.Fold(Shop::Request(2, "LEA", Said("company: 'customers/" + company.ToString() + "'"))),
      "APPLIED");
  EXPECT_EQ(shop.Fold(Shop::Fact(3, "LEA", Sale("S1", 700))), "APPLIED S1");
  EXPECT_EQ(shop.Balance("ACME"), 700);
  EXPECT_EQ(shop.Balance("LEA"), 0);
  carnet::log::v1::VoucherRow voucher;
  ASSERT_TRUE(GetRow(shop.state(), Family::kEntries, VoucherKey("shop", 1), &voucher));
  EXPECT_EQ(voucher.record(), company.bytes());
  EXPECT_EQ(voucher.contact(), Record("LEA").bytes());
  shop.Fold(Shop::Request(4, "LEA", Said("", "clear: 'company'")));
  shop.Fold(Shop::Fact(5, "LEA", Sale("S2", 50)));
  EXPECT_EQ(shop.Balance("LEA"), 50);
  EXPECT_EQ(shop.Balance("ACME"), 700);
  EXPECT_TRUE(shop.IsBalanced());
}

std::string Phone(std::string_view token, std::string_view field = "phones") {
  return std::string(field) + " { sealed { key_id: '0123456789abcdef' box: 'p" +
         std::string(token) + "' tokens { kind: IDENTITY_TOKEN_KIND_PHONE value: '" +
         std::string(token) + "' } } }";
}

TEST(Referrals, APhoneIsLookedUpOnceAndThenSticks) {
  Shop shop;
  const std::string token = "0123456789abcdef";
  shop.Fold(Shop::Fact(1, "NEW", Said("referrer { " + Phone(token, "phone") + " }")));
  EXPECT_EQ(Read(shop, Record("NEW")).referrer(), "");
  shop.Fold(Shop::Fact(2, "OLD", Said(Phone(token))));
  EXPECT_EQ(Read(shop, Record("NEW")).referrer(), Record("OLD").bytes());
  // The number goes to somebody else, and NEW says the same again: it stays.
  shop.Fold(Shop::Fact(3, "OLD", Said(Phone("fedcba9876543210"))));
  shop.Fold(Shop::Fact(4, "OTHER", Said(Phone(token))));
  shop.Fold(Shop::Fact(5, "NEW", Said("referrer { " + Phone(token, "phone") + " }")));
  EXPECT_EQ(Read(shop, Record("NEW")).referrer(), Record("OLD").bytes());
  shop.Fold(Shop::Fact(6, "NEW", Said("", "clear: 'referrer'")));
  EXPECT_EQ(Read(shop, Record("NEW")).referrer(), "");
}

TEST(Bought, FollowsSalesReturnsAndReversals) {
  Shop shop;
  const auto unit = [&] {
    carnet::log::v1::AccountRow row;
    GetRow(shop.state(), Family::kAccounts, RecordKey("shop", Record("A")), &row);
    return row.units(0);
  };
  const auto sale = [](std::string_view code, int total, int tax) {
    return "posting { kind: VOUCHER_KIND_SALE code: '" + std::string(code) +
           "' total { unit: 'EUR' minor: " + std::to_string(total) +
           " } tax { minor: " + std::to_string(tax) +
           " } tenders { method: TENDER_METHOD_CASH amount { minor: " + std::to_string(total) +
           " } } }";
  };
  shop.Fold(Shop::Fact(1, "A", sale("S1", 1200, 200), 1));
  shop.Fold(Shop::Fact(2, "A", sale("S2", 600, 100), 3));
  EXPECT_EQ(unit().bought_net(), 1500);
  EXPECT_EQ(unit().bought_tax(), 300);
  EXPECT_EQ(unit().sales(), 2);
  EXPECT_EQ(unit().last_sale_day(), 20574 + 2);
  shop.Fold(Shop::Fact(3, "A", "reversal { target_code: 'S2' }", 4));
  EXPECT_EQ(unit().bought_net(), 1000);
  EXPECT_EQ(unit().sales(), 1);
  EXPECT_EQ(unit().last_sale_day(), 20574);
  shop.Fold(
      Shop::Fact(4, "A",
                 "posting { kind: VOUCHER_KIND_RETURN code: 'R1' total { unit: 'EUR' minor: "
                 "240 } tax { minor: 40 } tenders { method: TENDER_METHOD_CASH amount { minor: "
                 "240 } } }",
                 5));
  EXPECT_EQ(unit().bought_net(), 800);
  EXPECT_EQ(unit().bought_tax(), 160);
}

}  // namespace
}  // namespace carnet::domain
