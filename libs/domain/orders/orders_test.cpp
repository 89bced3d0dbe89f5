// Orders said several times, in any order: the books come out the same.
#include "domain/orders/orders.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "carnet/log/v1/order_rows.pb.h"
#include "domain/customers/record.h"
#include "domain/keys.h"
#include "domain/test_support.h"

namespace carnet::domain {
namespace {

using namespace carnet::log::v1;  // NOLINT: account names
using testing::Shop;

std::string Minor(std::string_view field, int64_t minor) {
  return std::string(field) + " { minor: " + std::to_string(minor) + " } ";
}

// An order "O1" in EUR; `more` are payments and refunds.
std::string Order(int version, std::string_view state, int64_t charge, int64_t paid,
                  const std::string& more = "") {
  return "order_observed { order_id: 'O1' unit: 'EUR' snapshot { version: " +
         std::to_string(version) + " state: ORDER_STATE_" + std::string(state) +
         " number: '1001' method: TENDER_METHOD_CARD " + Minor("total", charge) +
         Minor("charge", charge) + Minor("paid", paid) + "} " + more + "}";
}

std::string Payment(std::string_view id, int64_t amount) {
  return "payments { id: '" + std::string(id) + "' " + Minor("amount", amount) + "} ";
}

std::string Refund(std::string_view id, int64_t credit, int64_t payout) {
  return "refunds { id: '" + std::string(id) + "' " + Minor("credit", credit) +
         Minor("payout", payout) + "} ";
}

std::string Goods(std::string_view id, int64_t credit) {
  return "refunds { goods_only: true id: '" + std::string(id) + "' " + Minor("credit", credit) +
         "} ";
}

std::string Added(const std::string& more) {
  return "order_observed { order_id: 'O1' unit: 'EUR' " + more + "}";
}

// Every account's balance and the order as it is kept, but for how it came about.
std::string Books(const Shop& shop) {
  std::map<std::string, int64_t> sums;
  shop.state().Scan(Family::kOwnAccounts, "", [&](std::string_view key, std::string_view value) {
    OwnAccountRow row;
    EXPECT_TRUE(row.ParseFromString(std::string(value)));
    sums["own " + std::string(key)] += row.debits() - row.credits();
    return true;
  });
  shop.state().Scan(Family::kAccounts, "", [&](std::string_view key, std::string_view value) {
    AccountRow row;
    EXPECT_TRUE(row.ParseFromString(std::string(value)));
    for (const auto& unit : row.units())
      sums["of " + std::string(key) + unit.unit()] += unit.debits() - unit.credits();
    return true;
  });
  std::string text;
  for (const auto& [key, sum] : sums) {
    if (sum != 0) text += key + " " + std::to_string(sum) + "\n";
  }
  return text;
}

OrderRow RowOf(const Shop& shop) {
  OrderRow row;
  EXPECT_TRUE(GetRow(shop.state(), Family::kOrders,
                     OrderKey("shop", OrderId("shop", "pos", "till-1", "O1")), &row));
  return row;
}

// Folds all permutations of the observations, and all but the first must agree with the first.
void ExpectOneBooks(std::vector<std::string> bodies, const std::vector<std::string>& buyers = {}) {
  std::vector<int> order(bodies.size());
  std::iota(order.begin(), order.end(), 0);
  std::string expected;
  do {
    Shop shop;
    std::string tried;
    for (int i : order) {
      const std::string buyer = buyers.empty() ? "A" : buyers[i];
      const std::string outcome = shop.Fold(Shop::Fact(i + 1, buyer, bodies[i]));
      ASSERT_TRUE(outcome.starts_with("APPLIED")) << outcome;
      tried += " " + std::to_string(i);
    }
    ASSERT_TRUE(shop.IsBalanced()) << tried;
    if (expected.empty()) expected = Books(shop) + "|";
    ASSERT_EQ(Books(shop) + "|", expected) << "in the order" << tried;
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Orders, OwedThenPaidThenRefunded) {
  Shop shop;
  EXPECT_EQ(shop.Fold(Shop::Fact(1, "A", Order(1, "PENDING", 8990, 0))), "APPLIED 1001");
  EXPECT_EQ(shop.Balance("A"), 8990);
  EXPECT_EQ(shop.Fold(Shop::Fact(2, "A", Order(2, "CONFIRMED", 8990, 8990))), "APPLIED V-1");
  EXPECT_EQ(shop.Balance("A"), 0);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_CARD), 8990);
  EXPECT_EQ(
      shop.Fold(Shop::Fact(3, "A", Order(3, "CONFIRMED", 8990, 8990, Refund("R1", 1990, 1990)))),
      "APPLIED V-2");
  EXPECT_EQ(shop.Balance("A"), 0) << "a refund of what is paid never makes a debt";
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_CARD), 7000);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_RETURNS), 1990);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_SALES), -8990);
  EXPECT_TRUE(shop.IsBalanced());
}

TEST(Orders, OlderChangesNothingAndTheSameAgainChangesNothing) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Order(5, "CONFIRMED", 5000, 5000)));
  const std::string before = Books(shop);
  EXPECT_EQ(shop.Fold(Shop::Fact(2, "A", Order(4, "PENDING", 9999, 0, Payment("X", 1)))),
            "APPLIED OLDER_VERSION");
  EXPECT_EQ(shop.Fold(Shop::Fact(3, "A", Order(5, "CONFIRMED", 5000, 5000))), "APPLIED NO_CHANGE");
  EXPECT_EQ(Books(shop), before);
}

TEST(Orders, AnEqualVersionAddsAndNeverRemoves) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Order(5, "CONFIRMED", 5000, 0, Payment("P1", 1000))));
  shop.Fold(Shop::Fact(2, "A", Order(5, "CONFIRMED", 5000, 0, Payment("P2", 500))));
  EXPECT_EQ(shop.Balance("A"), 3500);
  shop.Fold(Shop::Fact(3, "A", Order(5, "PENDING", 5000, 0)));
  EXPECT_EQ(shop.Balance("A"), 3500);
  shop.Fold(Shop::Fact(4, "A", Order(6, "CONFIRMED", 5000, 0, Payment("P1", 1000))));
  EXPECT_EQ(shop.Balance("A"), 4000) << "a newer one says that P2 is no more";
}

TEST(Orders, CancelledOwesNothingAndKeepsWhatWasPaid) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Order(1, "PENDING", 5000, 0)));
  shop.Fold(Shop::Fact(2, "A", Order(2, "CANCELLED", 0, 0)));
  EXPECT_EQ(shop.Balance("A"), 0);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_SALES), 0);
  shop.Fold(Shop::Fact(3, "A", Order(3, "CONFIRMED", 5000, 5000)));
  shop.Fold(Shop::Fact(4, "A", Order(4, "CANCELLED", 0, 5000)));
  EXPECT_EQ(shop.Balance("A"), -5000) << "we have their money";
}

TEST(Orders, PaymentsMayComeBeforeTheirOrder) {
  Shop shop;
  EXPECT_EQ(shop.Fold(Shop::Fact(1, "", Added(Payment("P1", 3000)))), "APPLIED PENDING_TARGET");
  EXPECT_EQ(Books(shop), "");
  shop.Fold(Shop::Fact(2, "A", Order(1, "CONFIRMED", 5000, 0)));
  EXPECT_EQ(shop.Balance("A"), 2000);
  EXPECT_EQ(shop.Fold(Shop::Fact(3, "", Added(Payment("P1", 3000)))), "APPLIED NO_CHANGE");
  EXPECT_EQ(shop.Balance("A"), 2000);
}

TEST(Orders, TheSameMoneyInSeveralTopicsCountsOnce) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Order(1, "CONFIRMED", 5000, 5000)));
  shop.Fold(Shop::Fact(2, "", Added(Payment("P1", 5000))));
  EXPECT_EQ(shop.Balance("A"), 0);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_CARD), 5000);
}

TEST(Orders, AnOrderMayChangeItsBuyerAndItsTotal) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "guest", Order(1, "PENDING", 5000, 0)));
  shop.Fold(Shop::Fact(2, "A", Order(2, "PENDING", 5000, 0)));
  EXPECT_EQ(shop.Balance("guest"), 0);
  EXPECT_EQ(shop.Balance("A"), 5000);
  shop.Fold(Shop::Fact(3, "A", Order(3, "PENDING", 6000, 0)));
  EXPECT_EQ(shop.Balance("A"), 6000);
  shop.Fold(Shop::Fact(4, "A", Order(4, "PENDING", 4500, 0)));
  EXPECT_EQ(shop.Balance("A"), 4500);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_SALES), -4500);
  EXPECT_TRUE(shop.IsBalanced());
  int of_a = 0;
  const Uuid a = RecordId("shop", "pos", "till-1", "A");
  shop.state().Scan(Family::kOrders, OrderRecordPrefix("shop", a),
                    [&](std::string_view, std::string_view) { return ++of_a; });
  EXPECT_EQ(of_a, 1);
}

TEST(Orders, OnlyTheDifferenceIsPosted) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Order(1, "PENDING", 5000, 0)));
  shop.Fold(Shop::Fact(2, "A", Order(2, "PENDING", 6000, 0)));
  VoucherRow second;
  ASSERT_TRUE(GetRow(shop.state(), Family::kEntries, VoucherKey("shop", 2), &second));
  EXPECT_EQ(second.total(), 1000);
  EXPECT_EQ(RowOf(shop).vouchers_size(), 2);
}

TEST(Orders, WhatAPersonReversedIsNotReversedAgain) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Order(1, "PENDING", 5000, 0)));
  shop.Fold(Shop::Request(2, "", "reversal { target_code: '1001' }"));
  EXPECT_EQ(shop.Balance("A"), 0);
  shop.Fold(Shop::Fact(3, "A", Order(2, "CANCELLED", 0, 0)));
  EXPECT_EQ(shop.Balance("A"), 0);
  EXPECT_TRUE(shop.IsBalanced());
}

TEST(Orders, AWalkInsOrderIsNobodysDebt) {
  Shop shop;
  EXPECT_EQ(shop.Fold(Shop::Fact(1, "", Order(1, "CONFIRMED", 700, 700))),
            "APPLIED NO_CUSTOMER 1001");
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_UNKNOWN_DEBTOR), 0);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_CARD), 700);
}

TEST(Orders, AllPermutationsOfStatesGiveTheSameBooks) {
  ExpectOneBooks({Order(1, "PENDING", 8990, 0), Order(2, "CONFIRMED", 8990, 8990),
                  Order(3, "CONFIRMED", 8990, 8990, Refund("R1", 1990, 1990)),
                  Order(4, "COMPLETED", 8990, 8990, Refund("R1", 1990, 1990) + Refund("R2", 7, 7)),
                  Added(Payment("T1", 8990)), Added(Refund("R1", 1990, 1990))});
}

TEST(Orders, AllPermutationsWithEqualVersionsTotalsAndBuyers) {
  ExpectOneBooks(
      {Order(1, "PENDING", 5000, 0), Order(2, "PENDING", 4000, 0, Payment("A", 1500)),
       Order(2, "CONFIRMED", 4200, 0, Payment("B", 700)), Order(2, "CONFIRMED", 4200, 4200),
       Order(1, "CANCELLED", 0, 0), Added(Payment("C", 99))},
      {"guest", "A", "A", "A", "guest", ""});
}

TEST(Orders, AllPermutationsThatEndCancelled) {
  ExpectOneBooks({Order(1, "PENDING", 5000, 0), Order(2, "CONFIRMED", 5000, 5000),
                  Order(3, "CANCELLED", 0, 5000), Added(Refund("R", 0, 5000)),
                  Order(3, "CANCELLED", 0, 5000)});
}

TEST(Orders, GoodsWithoutMoneyTakeOffNoMoreThanIsOwed) {
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Order(1, "PENDING", 10000, 0)));
  shop.Fold(Shop::Fact(2, "", Added(Goods("G1", 2500))));
  EXPECT_EQ(shop.Balance("A"), 7500);
  shop.Fold(Shop::Fact(3, "", Added(Goods("G2", 9000))));
  EXPECT_EQ(shop.Balance("A"), 0);
  shop.Fold(Shop::Fact(4, "", Added(Payment("P1", 10000))));
  EXPECT_EQ(shop.Balance("A"), 0) << "all of it was paid: the goods just went back to the shelf";
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_RETURNS), 0);
  EXPECT_EQ(shop.OwnAccount(LEDGER_ACCOUNT_CARD), 10000);
  EXPECT_TRUE(shop.IsBalanced());
}

TEST(Orders, AllPermutationsWithGoodsTakenOff) {
  ExpectOneBooks({Order(1, "PENDING", 10000, 0), Added(Goods("G1", 2500)),
                  Order(2, "PENDING", 10000, 0, Goods("G1", 2500)), Added(Payment("P1", 7500)),
                  Order(3, "CONFIRMED", 10000, 7500, Goods("G1", 2500)),
                  Added(Refund("R1", 1000, 1000))});
}

TEST(Orders, AllPermutationsFromPendingToRefunded) {
  ExpectOneBooks(
      {Order(1, "PENDING", 0, 0), Order(2, "PENDING", 8990, 0), Order(3, "CONFIRMED", 8990, 8990),
       Order(4, "COMPLETED", 8990, 8990),
       Order(5, "COMPLETED", 8990, 8990, Refund("R1", 1990, 1990)),
       Order(6, "CANCELLED", 8990, 8990, Refund("R1", 1990, 1990) + Refund("R2", 7000, 7000))});
}

TEST(Orders, ADeletionTakesAllMoneyBackAndRestoringBringsItAgain) {
  const std::string deletion =
      "order_observed { order_id: 'O1' snapshot { version: 5 state: ORDER_STATE_DELETED } }";
  Shop shop;
  shop.Fold(Shop::Fact(1, "A", Order(1, "CONFIRMED", 5000, 2000)));
  shop.Fold(Shop::Fact(2, "", Added(Payment("P1", 2500))));
  EXPECT_EQ(shop.Balance("A"), 2500);
  shop.Fold(Shop::Fact(3, "", deletion));
  EXPECT_EQ(Books(shop), "");
  EXPECT_EQ(RowOf(shop).snapshot().number(), "1001");
  shop.Fold(Shop::Fact(4, "A", Order(4, "CONFIRMED", 5000, 2000)));
  EXPECT_EQ(Books(shop), "") << "said before it was deleted";
  shop.Fold(Shop::Fact(5, "A", Order(6, "CONFIRMED", 5000, 2000)));
  EXPECT_EQ(shop.Balance("A"), 2500);
}

TEST(Orders, FormIsChecked) {
  Shop shop;
  EXPECT_EQ(shop.Fold(Shop::Request(1, "A", Order(1, "PENDING", 1, 0))),
            "DEAD_LETTER INTENT_NOT_ALLOWED");
  EXPECT_EQ(shop.Fold(Shop::Fact(2, "A", Order(1, "PENDING", -1, 0))),
            "DEAD_LETTER AMOUNT_NOT_POSITIVE");
  EXPECT_EQ(shop.Fold(Shop::Fact(3, "A", Order(1, "PENDING", 1, 0, Payment("", 1)))),
            "DEAD_LETTER CODE_MISSING");
  EXPECT_EQ(shop.Fold(Shop::Fact(4, "A", "order_observed { order_id: 'O1' unit: 'XXX' }")),
            "DEAD_LETTER UNKNOWN_CURRENCY");
}

}  // namespace
}  // namespace carnet::domain
