// When the keys of deliveries that are kept must go.
#include "domain/customers/deliveries.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/civil_date.h"
#include "carnet/log/v1/identity_rows.pb.h"
#include "domain/customers/card_test.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::ErasureRow;
using carnet::log::v1::MerchantRow;
using namespace testing;  // NOLINT: the words of these tests

int32_t May(int day) { return *ParseCivilDay("2026-05-01") + day - 1; }

class KeptDeliveriesTest : public ::testing::Test {
 protected:
  // A change that came of a delivery received on a day of May.
  static Change Delivered(Change change, int received, bool nameless = false) {
    auto* const delivery = change.mutable_delivery();
    delivery->set_received_day(May(received));
    delivery->set_nameless(nameless);
    delivery->add_key_ids("0123456789abcdef");
    delivery->set_box("a sealed box");
    return change;
  }
  std::string Drop(int id, const std::string& before, int day) {
    return shop_.Fold(
        Shop::Request(id, "", "deliveries_dropped { before_date: '" + before + "' }", day));
  }
  // Of all changes so far.
  std::set<Uuid> Gone() const {
    std::set<Uuid> all;
    shop_.state().Scan(Family::kErasures, "", [&](std::string_view, std::string_view value) {
      ErasureRow row;
      EXPECT_TRUE(row.ParseFromArray(value.data(), static_cast<int>(value.size())));
      for (const std::string& id : row.sealed_for()) all.insert(*Uuid::FromBytes(id));
      return true;
    });
    return all;
  }
  static Uuid Day(int day) { return DeliveryDay("shop", May(day)); }
  static Uuid Nameless(int day) { return NamelessDeliveryDay("shop", May(day)); }

  Shop shop_;
};

TEST_F(KeptDeliveriesTest, EachDayGoesOnceItIsDropped) {
  EXPECT_EQ(Drop(1, "2026-05-01", 1), "APPLIED NO_CHANGE");
  shop_.Fold(Delivered(Shop::Fact(2, "A", ContactWithEmail("box", "0123456789abcdef"), 1), 1));
  shop_.Fold(Delivered(Shop::Fact(3, "A", Sale("S-1", 500), 4), 4));
  shop_.Fold(Delivered(Shop::Fact(3, "A", Sale("S-1", 500), 6), 6));  // again: it is in the log
  EXPECT_EQ(Drop(4, "2026-05-01", 6), "APPLIED NO_CHANGE");
  EXPECT_EQ(Drop(5, "2026-05-08", 6), "REJECTED TIME_MALFORMED");
  EXPECT_TRUE(Gone().empty());
  EXPECT_EQ(Drop(6, "2026-05-03", 6), "APPLIED");
  EXPECT_EQ(Gone(), (std::set<Uuid>{Day(1), Day(2)}));
  EXPECT_EQ(Drop(7, "2026-05-03", 6), "APPLIED NO_CHANGE");
  EXPECT_EQ(Drop(8, "2026-05-07", 6), "APPLIED");
  EXPECT_EQ(Gone(), (std::set<Uuid>{Day(1), Day(2), Day(3), Day(4), Day(5), Day(6)}));
  EXPECT_EQ(Drop(9, "2026-05-07", 7), "APPLIED NO_CHANGE");
  // The bytes are no part of the views.
  EXPECT_EQ(shop_.Dump().find("a sealed box"), std::string::npos);
}

TEST_F(KeptDeliveriesTest, OneThatComesTooLateGoesAtOnce) {
  EXPECT_EQ(Drop(1, "2026-05-03", 3), "APPLIED NO_CHANGE");
  shop_.Fold(Delivered(Shop::Fact(2, "A", Sale("S-1", 500), 3), 3));
  EXPECT_TRUE(Gone().empty());
  shop_.Fold(Delivered(Shop::Fact(3, "A", Sale("S-2", 500), 3), 2));
  EXPECT_EQ(Gone(), std::set<Uuid>{Day(2)});
  // Whatever becomes of the change.
  Change bad = Delivered(Shop::Fact(4, "A", Sale("S-3", 500), 3), 1);
  bad.set_source("Not a name");
  EXPECT_EQ(shop_.Fold(bad), "DEAD_LETTER NAME_MALFORMED");
  EXPECT_EQ(Gone(), (std::set<Uuid>{Day(1), Day(2)}));
}

TEST_F(KeptDeliveriesTest, WhatNamesNobodyGoesWithWhoeverIsForgottenNext) {
  shop_.Fold(Shop::Fact(1, "A", ContactWithEmail("box a", "0123456789abcde1"), 1));
  shop_.Fold(Shop::Fact(2, "B", ContactWithEmail("box b", "0123456789abcde2"), 1));
  shop_.Fold(Delivered(Shop::Fact(3, "", CashSale("S-1", 500), 1), 1, /*nameless=*/true));
  shop_.Fold(Delivered(Shop::Fact(4, "", CashSale("S-2", 500), 2), 2, /*nameless=*/true));
  shop_.Fold(Delivered(Shop::Fact(5, "B", Sale("S-3", 500), 2), 2));
  shop_.Fold(Shop::Request(6, "A", "customer_erased {}", 2));
  EXPECT_EQ(Gone(), (std::set<Uuid>{Record("A"), Nameless(1), Nameless(2)}));
  // Received before, known later.
  shop_.Fold(Delivered(Shop::Fact(7, "B", Sale("S-4", 500), 3), 2));
  EXPECT_EQ(Gone().size(), 3U);
  shop_.Fold(Delivered(Shop::Fact(8, "", CashSale("S-5", 500), 3), 2, /*nameless=*/true));
  EXPECT_EQ(Gone().size(), 3U);
  shop_.Fold(Delivered(Shop::Fact(9, "", CashSale("S-6", 500), 3), -5, /*nameless=*/true));
  EXPECT_TRUE(Gone().contains(Nameless(-5)));
  // Afterwards it is kept until the next one is.
  shop_.Fold(Delivered(Shop::Fact(10, "", CashSale("S-7", 500), 4), 4, /*nameless=*/true));
  EXPECT_FALSE(Gone().contains(Nameless(4)));
  shop_.Fold(Shop::Request(11, "B", "customer_erased {}", 5));
  EXPECT_TRUE(Gone().contains(Nameless(4)));
  EXPECT_FALSE(Gone().contains(Day(4)));
}

}  // namespace
}  // namespace carnet::domain
