#include "query/ledger.h"

#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "query/names.h"
#include "query/test_support.h"

namespace carnet::query {
namespace {

using testing::CashSale;
using testing::Link;
using testing::Receipt;
using testing::RecordOf;
using testing::Sale;

constexpr char kShop[] = "shop-1";

class LedgerTest : public ::testing::Test {
 protected:
  void Say(const testing::Said& said) {
    const auto outcome = views_.Fold(vault_.Stamp(said));
    ASSERT_EQ(outcome.status(), carnet::v1::OUTCOME_STATUS_APPLIED) << outcome.reason();
  }

  // "EUR 12.50, VND 7", or the reason why not.
  std::string Balance(const Uuid& id, std::string_view unit = "", bool own_record_only = false) {
    carnet::v1::GetBalanceRequest request;
    request.set_customer(FormatCustomerName(kShop, id));
    request.set_unit(std::string(unit));
    request.set_own_record_only(own_record_only);
    carnet::v1::GetBalanceResponse response;
    const absl::Status status = ledger_.GetBalance(views_.view(), request, &response);
    if (!status.ok()) return ReasonOf(status);
    EXPECT_EQ(response.position().offset(), views_.position());
    std::string text;
    for (const auto& balance : response.balances()) {
      text += (text.empty() ? "" : ", ") + balance.unit() + " " + balance.receivable();
    }
    return text;
  }

  // Codes of all pages; each page but the last must be full.
  std::vector<std::string> Codes(const std::string& parent, int page_size) {
    std::vector<std::string> codes;
    carnet::v1::ListVouchersRequest request;
    request.set_parent(parent);
    request.set_page_size(page_size);
    do {
      carnet::v1::ListVouchersResponse response;
      const absl::Status status = ledger_.ListVouchers(views_.view(), request, &response);
      EXPECT_TRUE(status.ok()) << status;
      for (const auto& voucher : response.vouchers()) codes.push_back(voucher.code());
      request.set_page_token(response.next_page_token());
      EXPECT_TRUE(request.page_token().empty() || response.vouchers_size() == page_size);
    } while (!request.page_token().empty());
    return codes;
  }

  testing::Vault vault_;
  testing::MemoryViews views_;
  Ledger ledger_{&vault_.opener()};
};

TEST_F(LedgerTest, BalanceIsTheSumOverMembers) {
  Say({.body = Sale("S-1", 1000), .external_id = "c-1"});
  Say({.body = Sale("S-2", 250), .external_id = "c-2"});
  Say({.body = Sale("S-3", 7, "VND"), .external_id = "c-2"});
  EXPECT_EQ(Balance(RecordOf("c-1")), "EUR 10.00");
  Say({.body = Link(RecordOf("c-1"), RecordOf("c-2")),
       .channel = "back-office",
       .intent = carnet::v1::INTENT_REQUEST});
  EXPECT_EQ(Balance(RecordOf("c-2")), "EUR 12.50, VND 7");
  EXPECT_EQ(Balance(RecordOf("c-1"), "", true), "EUR 10.00");
  EXPECT_EQ(Balance(RecordOf("c-2"), "", true), "EUR 2.50, VND 7");
  EXPECT_EQ(Balance(RecordOf("c-2"), "VND"), "VND 7");
  Say({.body = Receipt("R-1", 2000), .external_id = "c-2"});
  EXPECT_EQ(Balance(RecordOf("c-1")), "EUR -7.50, VND 7") << "negative: we owe";
}

TEST_F(LedgerTest, UnitAskedForIsAlwaysThere) {
  Say({.body = testing::Contact("language: 'fr'"), .external_id = "c-1"});
  EXPECT_EQ(Balance(RecordOf("c-1")), "");
  EXPECT_EQ(Balance(RecordOf("c-1"), "KWD"), "KWD 0.000");
  EXPECT_EQ(Balance(RecordOf("c-1"), "EURO"), "UNKNOWN_CURRENCY");
  EXPECT_EQ(Balance(RecordOf("nobody"), "KWD"), "CUSTOMER_UNKNOWN");
}

TEST_F(LedgerTest, SumBeyond64BitsIsAnErrorNotANumber) {
  const int64_t most = 9'000'000'000'000'000'000;
  // A sale and a payment, so that no account of the merchant's own overflows before.
  Say({.body = Sale("S-1", most), .external_id = "c-1"});
  Say({.body = testing::Payment("P-1", most), .external_id = "c-2"});
  Say({.body = Link(RecordOf("c-1"), RecordOf("c-2")),
       .channel = "back-office",
       .intent = carnet::v1::INTENT_REQUEST});
  EXPECT_EQ(Balance(RecordOf("c-1")), "OVERFLOW");
  EXPECT_EQ(Balance(RecordOf("c-1"), "", true), "EUR 90000000000000000.00");
}

TEST_F(LedgerTest, VouchersOfACustomerNewestFirstOverMembersUnitsAndChunks) {
  std::vector<std::string> expected;
  for (int i = 0; i < 150; ++i) {  // several full chunks in each of two accounts
    const std::string code = "S-" + std::to_string(i);
    Say({.body = i % 5 == 0 ? CashSale(code, 100) : Sale(code, 100, i % 7 == 0 ? "VND" : "EUR"),
         .external_id = i % 3 == 0 ? "c-1" : "c-2"});
    Say({.body = Sale("X-" + std::to_string(i), 100), .external_id = "c-3"});
    expected.insert(expected.begin(), code);
  }
  Say({.body = Link(RecordOf("c-1"), RecordOf("c-2")),
       .channel = "back-office",
       .intent = carnet::v1::INTENT_REQUEST});
  const std::string customer = FormatCustomerName(kShop, RecordOf("c-2"));
  EXPECT_EQ(Codes(customer, 1000), expected);
  EXPECT_EQ(Codes(customer, 7), expected);
  EXPECT_EQ(Codes(customer, 150), expected);
  EXPECT_EQ(Codes(FormatCustomerName(kShop, RecordOf("c-3")), 50).size(), 150u);
}

TEST_F(LedgerTest, VouchersOfAMerchantNewestFirst) {
  Say({.body = Sale("S-1", 100), .external_id = "c-1"});
  Say({.body = CashSale("S-2", 100)});  // a walk-in
  Say({.body = Sale("S-3", 100), .external_id = "c-2"});
  Say({.body = Sale("other", 100), .external_id = "c-2", .merchant = "shop-10"});
  EXPECT_EQ(Codes("merchants/shop-1", 2), (std::vector<std::string>{"S-3", "S-2", "S-1"}));
  EXPECT_EQ(Codes("merchants/shop-2", 2), std::vector<std::string>());
}

TEST_F(LedgerTest, VoucherTellsItsStory) {
  Say({.body = "posting { kind: VOUCHER_KIND_SALE code: 'S-1' total { unit: 'EUR' minor: 1000 } "
               "tenders { method: TENDER_METHOD_CASH amount { minor: 400 } } "
               "tenders { method: TENDER_METHOD_ON_ACCOUNT amount { minor: 600 } } "
               "category: 'bread' note { plain: 'for the wedding' } }",
       .external_id = "c-1"});
  Say({.body = "reversal { target_code: 'S-1' code: 'V-9' note { plain: 'wrong customer' } }",
       .external_id = "c-1"});
  carnet::v1::ListVouchersRequest request;
  request.set_parent(FormatCustomerName(kShop, RecordOf("c-1")));
  carnet::v1::ListVouchersResponse response;
  ASSERT_TRUE(ledger_.ListVouchers(views_.view(), request, &response).ok());
  ASSERT_EQ(response.vouchers_size(), 2);
  const auto& reversal = response.vouchers(0);
  const auto& sale = response.vouchers(1);
  EXPECT_EQ(sale.name(), "merchants/shop-1/vouchers/1");
  EXPECT_EQ(sale.total().decimal(), "10.00");
  EXPECT_EQ(sale.receivable().decimal(), "6.00");
  EXPECT_EQ(sale.balance_after().decimal(), "6.00");
  EXPECT_EQ(sale.record(), FormatRecordName(RecordOf("c-1")));
  EXPECT_EQ(sale.tenders_size(), 2);
  EXPECT_EQ(sale.effective_date(), "2026-05-01");
  EXPECT_EQ(sale.due_date(), "2026-05-01");
  EXPECT_EQ(sale.reversed_by(), "V-9");
  EXPECT_EQ(sale.category(), "bread");
  EXPECT_EQ(sale.note(), "for the wedding");
  EXPECT_EQ(reversal.kind(), carnet::v1::VOUCHER_KIND_REVERSAL);
  EXPECT_EQ(reversal.reverses(), "S-1");
  EXPECT_EQ(reversal.receivable().decimal(), "-6.00");
  EXPECT_EQ(reversal.balance_after().decimal(), "0.00");
  EXPECT_EQ(reversal.note(), "wrong customer");
  for (const auto& voucher : response.vouchers()) {
    int64_t sum = 0;
    for (const auto& leg : voucher.legs()) sum += leg.amount().minor();
    EXPECT_EQ(sum, 0);
  }
  std::set<std::string> accounts;
  for (const auto& leg : sale.legs()) accounts.insert(leg.account());
  EXPECT_EQ(accounts, (std::set<std::string>{"cash", "receivable", "sales"}));
}

TEST_F(LedgerTest, PageTokenOfAnotherParentIsRefused) {
  Say({.body = Sale("S-1", 100), .external_id = "c-1"});
  Say({.body = Sale("S-2", 100), .external_id = "c-1"});
  carnet::v1::ListVouchersRequest request;
  request.set_parent("merchants/shop-1");
  request.set_page_size(1);
  carnet::v1::ListVouchersResponse response;
  ASSERT_TRUE(ledger_.ListVouchers(views_.view(), request, &response).ok());
  request.set_page_token(response.next_page_token());
  request.set_parent(FormatCustomerName(kShop, RecordOf("c-1")));
  EXPECT_EQ(ReasonOf(ledger_.ListVouchers(views_.view(), request, &response)),
            "PAGE_TOKEN_MALFORMED");
  request.set_parent("shop-1");
  EXPECT_EQ(ReasonOf(ledger_.ListVouchers(views_.view(), request, &response)), "NAME_MALFORMED");
}

}  // namespace
}  // namespace carnet::query
