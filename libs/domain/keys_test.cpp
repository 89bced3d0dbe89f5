// Golden bytes: keys stand on disks.
#include "domain/keys.h"

#include <gtest/gtest.h>

namespace carnet::domain {
namespace {

std::string Shown(std::string_view key) {
  std::string text;
  for (char c : key) {
    if (c >= ' ' && c < 0x7f) {
      text.push_back(c);
    } else {
      char hex[8];
      std::snprintf(hex, sizeof hex, "<%02x>", static_cast<unsigned char>(c));
      text += hex;
    }
  }
  return text;
}

TEST(Keys, Golden) {
  const Uuid id = *Uuid::FromBytes("0123456789abcdef");
  EXPECT_EQ(Shown(MerchantKey("shop")), "shop<00>");
  EXPECT_EQ(Shown(ChangeKey("shop", id)), "shop<00>0123456789abcdef");
  EXPECT_EQ(Shown(CodeKey("shop", "till-1", "S1")), "shop<00>till-1<00>S1");
  carnet::log::v1::VoucherRow ticket;
  ticket.set_kind(carnet::v1::VOUCHER_KIND_SALE);
  ticket.set_occurred_at_micros(258);
  ticket.set_total(259);
  ticket.set_unit("EUR");
  ticket.set_source("till-1");
  ticket.set_code("S1");
  EXPECT_EQ(Shown(TicketKey("shop", ticket)),
            "shop<00><00><ff><01><00><00><00><00><00><00><01><02><00><00><00><00><00><00><01><03>"
            "<00>EUR<00>till-1<00>S1");
  ticket.set_record("0123456789abcdef");
  EXPECT_EQ(Shown(TicketKey("shop", ticket)),
            "shop<00><00><ff><01><00><00><00><00><00><00><01><02><00><00><00><00><00><00><01><03>"
            "<01>0123456789abcdefEUR<00>till-1<00>S1");
  EXPECT_EQ(Shown(RecordKey("shop", id)), "shop<00>0123456789abcdef");
  EXPECT_EQ(
      Shown(IdentifierKey("shop", carnet::v1::IDENTITY_TOKEN_KIND_PHONE, "TTTTTTTTTTTTTTTT", id)),
      "shop<00><03>TTTTTTTTTTTTTTTT0123456789abcdef");
  EXPECT_EQ(Shown(PostingsKey("shop", id, Side::kReceivable, "EUR", 258)),
            "shop<00>0123456789abcdefEUR<00><00><00><01><02>");
  EXPECT_EQ(Shown(PostingsKey("shop", id, Side::kPayable, "EUR", 0)),
            "shop<00>0123456789abcdefEUR<01><00><00><00><00>");
  EXPECT_EQ(Shown(OwnAccountKey("shop", carnet::log::v1::LEDGER_ACCOUNT_CASH, "EUR", "till-1")),
            "shop<00><11>EUR<00>till-1");
  // 2026-05-01: month 24316, day 739736 from 0001-01-01.
  EXPECT_EQ(Shown(OwnDayKey("shop", 20574)), "shop<00>D<00><00>^<fc><00><0b>I<98>");
  EXPECT_EQ(Shown(OwnMonthKey("shop", 24316)), "shop<00>M<00><00>^<fc>");
  EXPECT_TRUE(std::string_view(OwnDayKey("x", 20574)).starts_with(OwnDaysPrefix("x", 24316)));
  EXPECT_TRUE(std::string_view(OwnMonthKey("x", 24316)).starts_with(OwnMonthsPrefix("x")));
  EXPECT_EQ(Shown(MembersKey("shop", id, 258)),
            "shop<00>0123456789abcdef<00><00><00><00><00><00><01><02>");
  EXPECT_EQ(Shown(VoucherKey("shop", 258)), "shop<00><00><00><00><00><00><00><01><02>");
  EXPECT_EQ(Shown(FeedKey("shop", 1)), "shop<00><00><00><00><00><00><00><00><01>");
  EXPECT_EQ(Shown(DeadLetterKey("shop", 1)), "shop<00><00><00><00><00><00><00><00><01>");
}

TEST(Keys, NoMerchantsKeysStandAmongAnothers) {
  EXPECT_FALSE(std::string_view(MerchantKey("shop-2")).starts_with(MerchantPrefix("shop")));
}

}  // namespace
}  // namespace carnet::domain
