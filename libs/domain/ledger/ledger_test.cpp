// Worked cases of bookkeeping: each rule, with the figures an accountant would write down by hand.
#include <gtest/gtest.h>

#include "domain/keys.h"
#include "domain/ledger/account.h"
#include "domain/ledger/posting_table.h"
#include "domain/test_support.h"

namespace carnet::domain {
namespace {

using namespace carnet::log::v1;  // NOLINT: account names
using testing::CashSale;
using testing::Receipt;
using testing::Sale;
using testing::Shop;

std::string SetDebt(int64_t target) {
  return "set_debt { target { unit: \"EUR\" minor: " + std::to_string(target) + " } }";
}

std::string Reverse(std::string_view code, std::string_view as = "") {
  return "reversal { target_code: \"" + std::string(code) + "\" code: \"" + std::string(as) +
         "\" }";
}

std::string Opening(int64_t total) {
  return "posting { kind: VOUCHER_KIND_OPENING total { unit: \"EUR\" minor: " +
         std::to_string(total) + " } }";
}

TEST(Ledger, SaleReceiptRefund) {
  Shop shop;
  EXPECT_EQ(shop.Fold(Shop::Fact(1, "A", Sale("S1", 10000), 1)), "APPLIED S1");
  EXPECT_EQ(shop.Fold(Shop::Fact(2, "A", Receipt("R1", 4000), 10)), "APPLIED R1");
  EXPECT_EQ(shop.Balance("A"), 6000);
  EXPECT_EQ(shop.Fold(Shop::Fact(3, "A", Receipt("R2", 7500), 11)), "APPLIED R2");
  EXPECT_EQ(shop.Balance("A"), -1500);
  EXPECT_EQ(shop.Fold(Shop::Request(
                4, "A",
                "posting { kind: VOUCHER_KIND_PAYMENT code: 'P1' total { unit: 'EUR' minor: 1500 } "
                "tenders { method: TENDER_METHOD_CASH amount { minor: 1500 } } }",
                12)),
            "APPLIED P1");
  EXPECT_EQ(shop.Balance("A"), 0);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_SALES), -10000);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_CASH), 4000 + 7500 - 1500);
  EXPECT_TRUE(shop.IsBalanced());
}

TEST(Ledger, SplitTendersTaxAndRounding) {
  Shop shop;
  EXPECT_EQ(shop.Fold(Shop::Fact(
                1, "A",
                "posting { kind: VOUCHER_KIND_SALE code: 'S1' total { unit: 'EUR' minor: 1202 } "
                "rounding { minor: -2 } tax { minor: 202 } "
                "tenders { method: TENDER_METHOD_CASH amount { minor: 500 } } "
                "tenders { method: TENDER_METHOD_CARD amount { minor: 300 } } "
                "tenders { method: TENDER_METHOD_CARD amount { minor: 100 } } "
                "tenders { method: TENDER_METHOD_CASH_ON_DELIVERY amount { minor: 300 } } }")),
            "APPLIED S1");
  EXPECT_EQ(shop.Balance("A"), 300);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_CASH), 500);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_CARD), 400);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_SALES), -1000);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_TAX), -202);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_ROUNDING), 2);
  EXPECT_TRUE(shop.IsBalanced());
}

TEST(Ledger, ReturnGoesTheOtherWay) {
  Shop shop;
  EXPECT_EQ(
      shop.Fold(Shop::Fact(
          1, "A",
          "posting { kind: VOUCHER_KIND_RETURN code: 'B1' of_code: 'S1' total { unit: 'EUR' minor: "
          "120 } "
          "tax { minor: 20 } tenders { method: TENDER_METHOD_ON_ACCOUNT amount { minor: 70 } } "
          "tenders { method: TENDER_METHOD_CASH amount { minor: 50 } } }")),
      "APPLIED B1");
  EXPECT_EQ(shop.Balance("A"), -70);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_RETURNS), 100);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_TAX), 20);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_CASH), -50);
  EXPECT_TRUE(shop.IsBalanced());
}

TEST(Ledger, SetDebtDownSameBelowZeroUp) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Sale("S1", 50000), 1));
  EXPECT_EQ(shop.Fold(Shop::Request(2, "A", SetDebt(35000), 2)), "APPLIED V-1");
  EXPECT_EQ(shop.Fold(Shop::Request(3, "A", SetDebt(35000), 2)), "APPLIED NO_CHANGE");
  EXPECT_EQ(shop.Fold(Shop::Request(4, "A", SetDebt(-2000), 3)), "APPLIED V-2");
  EXPECT_EQ(shop.Balance("A"), -2000);
  EXPECT_EQ(shop.Fold(Shop::Request(5, "A", SetDebt(1000), 4)), "APPLIED V-3");
  EXPECT_EQ(shop.Balance("A"), 1000);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_ADJUSTMENTS), 49000);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_CASH), 0);
  EXPECT_TRUE(shop.IsBalanced());
}

TEST(Ledger, SetDebtMayTellWhatItsAuthorSaw) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Sale("S1", 500)));
  auto change = Shop::Request(2, "A", SetDebt(0));
  change.mutable_preconditions()->mutable_expected_balance()->set_minor(400);
  EXPECT_EQ(shop.Fold(change), "REJECTED BALANCE_CHANGED");
  change.set_id(Shop::Change(3, "").id());
  change.mutable_preconditions()->mutable_expected_balance()->set_minor(500);
  EXPECT_EQ(shop.Fold(change), "APPLIED V-1");
  EXPECT_EQ(shop.Fold(Shop::Fact(4, "A", SetDebt(0))), "DEAD_LETTER INTENT_NOT_ALLOWED");
}

TEST(Ledger, OpeningOnceAndNothingBeforeIt) {
  Shop shop;
  EXPECT_EQ(shop.Fold(Shop::Request(1, "A", Opening(-700), 10)), "APPLIED V-1");
  EXPECT_EQ(shop.Balance("A"), -700);
  EXPECT_EQ(shop.Fold(Shop::Request(2, "A", Opening(5), 11)), "REJECTED ALREADY_OPENED");
  auto early = Shop::Fact(3, "A", Sale("S1", 100), 12);
  early.set_effective_day(early.effective_day() - 5);
  EXPECT_EQ(shop.Fold(early), "APPLIED BEFORE_OPENING S1");
  early = Shop::Request(4, "A", Sale("S2", 100), 12);
  early.set_effective_day(early.effective_day() - 5);
  EXPECT_EQ(shop.Fold(early), "REJECTED BEFORE_OPENING");
  EXPECT_EQ(shop.Fold(Shop::Request(5, "A", Reverse("V-1"), 12)), "APPLIED V-2");
  EXPECT_EQ(shop.Fold(Shop::Request(6, "A", Opening(5), 13)), "APPLIED V-3")
      << "a reversed opening makes room";
  EXPECT_EQ(shop.Balance("A"), 105);
  EXPECT_TRUE(shop.IsBalanced());
}

TEST(Ledger, ReversalUndoesEveryLegOnce) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Receipt("R1", 10000), 1));
  EXPECT_EQ(shop.Fold(Shop::Request(2, "", Reverse("R1", "V1"), 5)), "APPLIED V1");
  EXPECT_EQ(shop.Balance("A"), 0);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_CASH), 0);
  EXPECT_EQ(shop.Fold(Shop::Request(3, "", Reverse("R1"), 6)), "REJECTED ALREADY_REVERSED");
  EXPECT_EQ(shop.Fold(Shop::Request(4, "", Reverse("V1"), 6)), "REJECTED NOT_REVERSIBLE");
  EXPECT_EQ(shop.Fold(Shop::Fact(5, "", Reverse("R1"), 6)), "APPLIED ALREADY_REVERSED");
  EXPECT_EQ(shop.Fold(Shop::Request(6, "", Reverse("nothing"), 6)), "REJECTED NOT_FOUND");
  EXPECT_TRUE(shop.IsBalanced());
}

TEST(Ledger, ReversalFromTheBackOfficeEmptiesTheTillsTakings) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", CashSale("S1", 800), 1));
  auto reversal = Shop::Request(2, "", "reversal { target_code: 'S1' target_source: 'till-1' }", 2);
  reversal.set_channel("back-office");
  reversal.set_source("desk");
  EXPECT_EQ(shop.Fold(reversal), "APPLIED V-1");
  std::string rows;
  shop.state().Scan(Family::kOwnAccounts, "", [&](std::string_view key, std::string_view value) {
    OwnAccountRow row;
    EXPECT_TRUE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
    EXPECT_EQ(row.debits() - row.credits(), 0) << key;
    EXPECT_EQ(key.find("desk"), std::string_view::npos);
    return true;
  });
}

TEST(Ledger, AVoidMayComeBeforeItsSale) {
  Shop shop;
  EXPECT_EQ(shop.Fold(Shop::Fact(1, "", Reverse("S1"), 2)), "APPLIED PENDING_TARGET");
  EXPECT_EQ(shop.Fold(Shop::Fact(2, "", Reverse("S1"), 2)), "APPLIED NO_CHANGE PENDING_TARGET");
  EXPECT_EQ(shop.Fold(Shop::Fact(3, "A", Sale("S1", 900), 3)), "APPLIED REVERSED_ON_ARRIVAL S1");
  EXPECT_EQ(shop.Balance("A"), 0);
  EXPECT_EQ(shop.Feed(), "created posted posted reversed balance balance");
  EXPECT_EQ(shop.Fold(Shop::Fact(4, "A", Sale("S1", 900), 4)), "APPLIED CODE_REUSED S1")
      << "the void is used up";
  EXPECT_TRUE(shop.IsBalanced());
}

TEST(Ledger, OfflineDuplicates) {
  Shop shop;
  const auto sale = Shop::Fact(1, "A", Sale("T-17", 4000), 1);
  EXPECT_EQ(shop.Fold(sale), "APPLIED T-17");
  auto reinstalled = sale;
  reinstalled.set_id(Shop::Change(2, "").id());
  EXPECT_EQ(shop.Fold(reinstalled), "DUPLICATE NATURAL_KEY T-17");
  EXPECT_EQ(shop.Fold(Shop::Fact(3, "A", Sale("T-17", 1200), 9)), "APPLIED CODE_REUSED T-17");
  EXPECT_EQ(shop.Fold(Shop::Request(4, "A", Sale("T-17", 900), 10)), "REJECTED CODE_TAKEN");
  EXPECT_EQ(shop.Balance("A"), 5200);
}

// The till's counter began anew, so its codes mean several tickets; then it was reinstalled and
// sends all of them again.
TEST(Ledger, AnOldTicketIsKnownWhateverItsCodeMeansNow) {
  Shop shop;
  const std::vector<carnet::log::v1::Change> tickets = {
      Shop::Fact(1, "A", Sale("T-17", 4000), 1), Shop::Fact(2, "A", Sale("T-17", 1200), 2),
      Shop::Fact(3, "B", Sale("T-17", 1200), 2), Shop::Fact(4, "", CashSale("T-17", 1200), 2),
      Shop::Fact(5, "A", Receipt("T-17", 1200), 2)};
  for (const auto& ticket : tickets) {
    EXPECT_EQ(shop.Fold(ticket),
              ticket.id() == tickets[0].id() ? "APPLIED T-17" : "APPLIED CODE_REUSED T-17");
  }
  int id = 10;
  for (auto again : tickets) {
    again.set_id(Shop::Change(++id, "").id());
    EXPECT_EQ(shop.Fold(again), "DUPLICATE NATURAL_KEY T-17");
    again.set_id(Shop::Change(++id, "").id());
    again.set_intent(carnet::v1::INTENT_REQUEST);
    EXPECT_EQ(shop.Fold(again), "DUPLICATE NATURAL_KEY T-17");
  }
  EXPECT_EQ(shop.Balance("A"), 4000);
  EXPECT_EQ(shop.Balance("B"), 1200);
  EXPECT_EQ(shop.Fold(Shop::Request(++id, "", Reverse("T-17"), 3)), "APPLIED V-1")
      << "a code stands for the newest voucher that has it";
  EXPECT_EQ(shop.Balance("A"), 5200);
}

TEST(Ledger, AReversalIsAVoucherWhichMayNotCountBeforeTheOpening) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Sale("S1", 100), 1));
  shop.Fold(Shop::Fact(2, "A", Sale("S2", 100), 1));
  shop.Fold(Shop::Request(3, "A", Opening(500), 10));
  const auto dated = [](carnet::log::v1::Change change) {
    change.set_effective_day(change.effective_day() - 6);
    return change;
  };
  EXPECT_EQ(shop.Fold(dated(Shop::Request(4, "", Reverse("S1"), 11))), "REJECTED BEFORE_OPENING");
  EXPECT_EQ(shop.Fold(dated(Shop::Fact(5, "", Reverse("S1"), 11))), "APPLIED BEFORE_OPENING V-2");
  EXPECT_EQ(shop.Fold(Shop::Request(6, "", Reverse("S2"), 11)), "APPLIED V-3");
  EXPECT_EQ(shop.Balance("A"), 500);
  EXPECT_TRUE(shop.IsBalanced());
}

TEST(Ledger, ARefusalHasItsReasonAndNoRemarks) {
  Shop shop;
  auto ahead = Shop::Request(1, "", Sale("S1", 100), 1);
  ahead.set_effective_day(ahead.effective_day() + 5);
  EXPECT_EQ(shop.Fold(ahead), "REJECTED NO_CUSTOMER");
  ahead = Shop::Request(2, "A", Sale("S1", 100), 1);
  ahead.set_effective_day(ahead.effective_day() + 5);
  EXPECT_EQ(shop.Fold(ahead), "APPLIED CLOCK_SUSPECT S1");
}

TEST(Ledger, GeneratedCodesHaveNoGapsAndDoNotClashWithTheTills) {
  Shop shop;
  EXPECT_EQ(shop.Fold(Shop::Fact(1, "A", Sale("V-1", 100))), "APPLIED V-1");
  EXPECT_EQ(shop.Fold(Shop::Fact(2, "A", Sale("", 100))), "APPLIED V-1");
  EXPECT_EQ(shop.Fold(Shop::Request(3, "A", Sale("V-1", 7))), "REJECTED CODE_TAKEN");
  EXPECT_EQ(shop.Fold(Shop::Fact(4, "A", Sale("", 100))), "APPLIED V-2");
}

TEST(Ledger, WalkIns) {
  Shop shop;
  EXPECT_EQ(shop.Fold(Shop::Fact(1, "", CashSale("S1", 100))), "APPLIED S1");
  EXPECT_EQ(shop.Feed(), "posted");
  EXPECT_EQ(shop.Fold(Shop::Request(2, "", Sale("S2", 100))), "REJECTED NO_CUSTOMER");
  EXPECT_EQ(shop.Fold(Shop::Fact(3, "", Sale("S3", 100))), "APPLIED NO_CUSTOMER S3");
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_UNKNOWN_DEBTOR), 100);
  EXPECT_TRUE(shop.IsBalanced());
}

TEST(Ledger, ClocksGoneWrong) {
  Shop shop;
  auto sale = Shop::Fact(1, "A", Sale("S1", 100), 5);
  sale.set_effective_day(0);
  EXPECT_EQ(shop.Fold(sale), "APPLIED CLOCK_SUSPECT S1");
  sale = Shop::Fact(2, "A", Sale("S2", 100), 5);
  sale.set_effective_day(sale.effective_day() + 1);
  EXPECT_EQ(shop.Fold(sale), "APPLIED CLOCK_SUSPECT S2");
  // In Auckland it is tomorrow already: noon UTC is one in the morning there.
  sale = Shop::Fact(3, "A", Sale("S3", 100), 5);
  sale.set_utc_offset_minutes(13 * 60);
  sale.set_effective_day(sale.effective_day() + 1);
  EXPECT_EQ(shop.Fold(sale), "APPLIED S3");
}

TEST(Ledger, AVoucherKeepsWhatWasNoticed) {
  Shop shop;
  auto sale = Shop::Fact(1, "", Sale("S1", 100), 5);
  sale.set_effective_day(0);
  EXPECT_EQ(shop.Fold(sale), "APPLIED CLOCK_SUSPECT NO_CUSTOMER S1");
  VoucherRow voucher;
  ASSERT_TRUE(GetRow(shop.state(), Family::kEntries, VoucherKey("shop", 1), &voucher));
  ASSERT_EQ(voucher.flags_size(), 2);
  EXPECT_EQ(voucher.flags(0), "CLOCK_SUSPECT");
  EXPECT_EQ(voucher.flags(1), "NO_CUSTOMER");
}

TEST(Ledger, OverflowIsNamedAndLeavesNothing) {
  Shop shop;
  EXPECT_EQ(shop.Fold(Shop::Fact(1, "A", Sale("S1", INT64_MAX))), "APPLIED S1");
  const std::string before = shop.Feed();
  EXPECT_EQ(shop.Fold(Shop::Fact(2, "A", Sale("S2", 1))), "DEAD_LETTER OVERFLOW");
  EXPECT_EQ(shop.Fold(Shop::Request(3, "A", Sale("S3", 1))), "REJECTED OVERFLOW");
  EXPECT_EQ(shop.Fold(Shop::Request(4, "A", SetDebt(INT64_MIN))), "REJECTED OVERFLOW");
  EXPECT_EQ(shop.Balance("A"), INT64_MAX);
  EXPECT_EQ(shop.Feed(), before);
  EXPECT_TRUE(shop.IsBalanced());
}

TEST(Ledger, PostingsAreCutIntoChunksByCount) {
  Shop shop;
  constexpr int kCount = 3 * kPostingsPerChunk + 5;
  for (int i = 1; i <= kCount; ++i) shop.Fold(Shop::Fact(i, "A", Sale("S" + std::to_string(i), i)));
  std::vector<Posting> all;
  const auto add = [&](const Postings& postings) {
    for (const Posting& posting : ReadPostings(postings)) all.push_back(posting);
  };
  shop.state().Scan(Family::kPostings, "", [&](std::string_view, std::string_view value) {
    Postings chunk;
    EXPECT_TRUE(chunk.ParseFromArray(value.data(), static_cast<int>(value.size())));
    EXPECT_EQ(chunk.amounts_size(), kPostingsPerChunk);
    add(chunk);
    return true;
  });
  shop.state().Scan(Family::kAccounts, "", [&](std::string_view, std::string_view value) {
    AccountRow row;
    EXPECT_TRUE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
    EXPECT_EQ(row.units(0).chunks(), 3U);
    add(row.units(0).tail());
    return true;
  });
  ASSERT_EQ(all.size(), static_cast<size_t>(kCount));
  for (int i = 0; i < kCount; ++i) {
    EXPECT_EQ(all[static_cast<size_t>(i)].voucher, static_cast<uint64_t>(i + 1));
    EXPECT_EQ(all[static_cast<size_t>(i)].amount, i + 1);
  }
}

// Every row of the table balances whatever its figures, and its kind refuses the tenders it must
// refuse.
TEST(PostingTable, EveryKindIsInOneRow) {
  for (int kind = carnet::v1::VoucherKind_MIN + 1; kind <= carnet::v1::VoucherKind_MAX; ++kind) {
    EXPECT_NE(FindPostingRule(static_cast<carnet::v1::VoucherKind>(kind)), nullptr) << kind;
  }
  EXPECT_EQ(FindPostingRule(carnet::v1::VOUCHER_KIND_UNSPECIFIED), nullptr);
}

}  // namespace
}  // namespace carnet::domain
