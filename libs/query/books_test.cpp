// Statements, explained figures, filtered lists, and what verifying finds in damaged books.
#include "query/books.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "base/error.h"
#include "carnet/log/v1/rows.pb.h"
#include "domain/keys.h"
#include "query/explain_figure.h"
#include "query/ledger.h"
#include "query/names.h"
#include "query/statement.h"
#include "query/test_support.h"
#include "query/verify.h"

namespace carnet::query {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::OwnAccountRow;
using carnet::log::v1::VoucherRow;
using domain::Family;
using testing::CashSale;
using testing::Payment;
using testing::Receipt;
using testing::RecordOf;
using testing::Sale;

constexpr char kParent[] = "merchants/shop-1";

class BooksTest : public ::testing::Test {
 protected:
  void Say(const std::string& body, const std::string& external_id = "c-1") {
    const auto outcome = views_.Fold(vault_.Stamp({.body = body, .external_id = external_id}));
    ASSERT_EQ(outcome.status(), carnet::v1::OUTCOME_STATUS_APPLIED) << outcome.reason();
  }

  // "0.00 | S-1 1.00 1.00 | … | 3.00", or the reason why not.
  std::string StatementOf(const carnet::v1::GetStatementRequest& request) {
    auto statement = Statement::Begin(views_.view(), request);
    if (!statement.ok()) return ReasonOf(statement.status());
    std::string text;
    for (bool more = true; more;) {
      carnet::v1::GetStatementResponse piece;
      more = statement->Next(&piece);
      if (piece.has_opening()) text += piece.opening().decimal();
      for (const auto& line : piece.lines()) {
        absl::StrAppend(&text, " | ", line.code(), " ", line.amount(), " ", line.balance(),
                        line.reversed() ? " reversed" : "",
                        line.reverses().empty() ? "" : " reverses ", line.reverses());
      }
      if (piece.has_closing()) text += " | " + piece.closing().decimal();
    }
    return text;
  }

  carnet::v1::GetStatementRequest Of(const std::string& external_id) {
    carnet::v1::GetStatementRequest request;
    request.set_customer(FormatCustomerName("shop-1", RecordOf(external_id)));
    return request;
  }

  // "cash 3.00: S-1 1.00, S-2 2.00" over all pages.
  std::string Explain(carnet::v1::ExplainFigureRequest request, int page_size) {
    request.set_page_size(page_size);
    std::string text;
    for (;;) {
      carnet::v1::ExplainFigureResponse page;
      const absl::Status status = ExplainFigure(views_.view(), vault_.opener(), request, &page);
      if (!status.ok()) return ReasonOf(status);
      if (text.empty()) text = page.figure().decimal() + ":";
      for (const auto& explained : page.vouchers()) {
        EXPECT_FALSE(explained.voucher().change_id().empty());
        EXPECT_GT(explained.voucher().change_number(), 0U);
        EXPECT_EQ(explained.voucher().channel(), "pos");
        absl::StrAppend(&text, " ", explained.voucher().code(), " ", explained.amount().decimal());
      }
      if (page.next_page_token().empty()) return text;
      request.set_page_token(page.next_page_token());
    }
  }

  // What verifying finds, one a line.
  std::string Verify() {
    carnet::v1::VerifyBooksRequest request;
    request.set_parent(kParent);
    auto verification = Verification::Begin(views_.view(), request);
    EXPECT_TRUE(verification.ok());
    std::string text;
    for (bool more = true; more;) {
      carnet::v1::VerifyBooksResponse response;
      more = verification->Next(&response);
      for (const auto& finding : response.findings())
        absl::StrAppend(&text, finding.subject(), ": ", finding.detail(), "\n");
      if (!more) vouchers_ = response.summary().vouchers();
    }
    return text;
  }

  // Changes one row, and has the books verified.
  template <typename Row>
  std::string VerifyWith(Family family, const std::string& key,
                         const std::function<void(Row*)>& damage) {
    std::string before;
    EXPECT_TRUE(views_.Get(family, key, &before));
    Row row;
    EXPECT_TRUE(row.ParseFromString(before));
    damage(&row);
    views_.Put(family, key, row.SerializeAsString());
    std::string found = Verify();
    views_.Put(family, key, before);
    return found;
  }

  testing::Vault vault_;
  testing::MemoryViews views_;
  uint64_t vouchers_ = 0;
};

TEST_F(BooksTest, AStatementOpensRunsAndCloses) {
  Say(Sale("S-1", 1000));
  Say(CashSale("S-2", 500));
  Say(Receipt("R-1", 400));
  Say("reversal { target_code: 'R-1' code: 'V' }");
  EXPECT_EQ(StatementOf(Of("c-1")),
            "0.00 | S-1 10.00 10.00 | R-1 -4.00 6.00 reversed | V 4.00 10.00 reverses R-1 | 10.00");
  auto request = Of("c-1");
  request.set_effective_from("2026-05-02");
  EXPECT_EQ(StatementOf(request), "10.00 | 10.00");
  request.set_effective_from("");
  request.set_effective_to("2026-04-30");
  EXPECT_EQ(StatementOf(request), "0.00 | 0.00");
  request.set_recorded_date("yesterday");
  EXPECT_EQ(StatementOf(request), "DATE_MALFORMED");
  EXPECT_EQ(StatementOf(Of("c-2")), "CUSTOMER_UNKNOWN");
}

TEST_F(BooksTest, AStatementOfManyLinesComesInPieces) {
  for (int i = 1; i <= 2500; ++i) {
    Say(Sale(absl::StrCat("S-", i), 1));
    if (i % 100 == 0) Say(CashSale(absl::StrCat("C-", i), 1), "c-2");
  }
  auto statement = Statement::Begin(views_.view(), Of("c-1"));
  ASSERT_TRUE(statement.ok());
  int lines = 0;
  int pieces = 0;
  for (bool more = true; more; ++pieces) {
    carnet::v1::GetStatementResponse piece;
    more = statement->Next(&piece);
    for (const auto& line : piece.lines()) {
      EXPECT_EQ(line.code(), absl::StrCat("S-", ++lines));
      EXPECT_EQ(line.balance_minor(), lines);
    }
    EXPECT_EQ(piece.has_closing(), !more);
  }
  EXPECT_EQ(lines, 2500);
  EXPECT_EQ(pieces, 3);
}

TEST_F(BooksTest, ACurrencyIsNamedWhereThereAreSeveral) {
  Say(Sale("S-1", 1000));
  Say(Sale("S-2", 7, "VND"));
  EXPECT_EQ(StatementOf(Of("c-1")), "UNIT_MISSING");
  auto request = Of("c-1");
  request.set_unit("VND");
  EXPECT_EQ(StatementOf(request), "0 | S-2 7 7 | 7");
  request.set_account(carnet::v1::CUSTOMER_ACCOUNT_PAYABLE);
  EXPECT_EQ(StatementOf(request), "0 | 0");
}

TEST_F(BooksTest, FiguresAreExplainedByTheirVouchers) {
  Say(Sale("S-1", 1000));
  Say(CashSale("S-2", 500));
  Say(Receipt("R-1", 400), "c-2");
  Say(Payment("P-1", 100));
  carnet::v1::ExplainFigureRequest request;
  request.set_parent(kParent);
  request.set_account("cash");
  request.set_unit("EUR");
  request.set_effective_from("2026-05-01");
  request.set_effective_to("2026-05-01");
  EXPECT_EQ(Explain(request, 100), "8.00: S-2 5.00 R-1 4.00 P-1 -1.00");
  EXPECT_EQ(Explain(request, 1), "8.00: S-2 5.00 R-1 4.00 P-1 -1.00") << "in pages";
  request.set_source("till-2");
  EXPECT_EQ(Explain(request, 100), "0.00:");
  request.set_source("");
  request.set_account("receivable");
  EXPECT_EQ(Explain(request, 100), "7.00: S-1 10.00 R-1 -4.00 P-1 1.00");
  request.set_parent(FormatCustomerName("shop-1", RecordOf("c-1")));
  EXPECT_EQ(Explain(request, 1), "11.00: S-1 10.00 P-1 1.00");
  request.set_account("cash");
  EXPECT_EQ(Explain(request, 1), "ACCOUNT_UNKNOWN");
  request.set_account("till");
  EXPECT_EQ(Explain(request, 1), "ACCOUNT_UNKNOWN");
}

TEST_F(BooksTest, ListsAreFiltered) {
  Say(Sale("S-1", 1000));
  Say(CashSale("S-2", 500));
  Say(Receipt("R-1", 400), "c-2");
  Say("reversal { target_code: 'S-1' code: 'V-S-1' }");
  const Ledger ledger(&vault_.opener());
  const auto codes = [&](carnet::v1::ListVouchersRequest request) {
    std::string text;
    for (const char* parent : {"", "/customers/"}) {
      request.set_parent(*parent == 0 ? kParent : FormatCustomerName("shop-1", RecordOf("c-1")));
      carnet::v1::ListVouchersResponse response;
      const absl::Status status = ledger.ListVouchers(views_.view(), request, &response);
      if (!status.ok()) return ReasonOf(status);
      for (const auto& voucher : response.vouchers()) text += voucher.code() + " ";
      if (*parent == 0) text += "| ";
    }
    return text;
  };
  carnet::v1::ListVouchersRequest request;
  EXPECT_EQ(codes(request), "V-S-1 R-1 S-2 S-1 | V-S-1 S-2 S-1 ");
  request.add_kinds(carnet::v1::VOUCHER_KIND_SALE);
  EXPECT_EQ(codes(request), "S-2 S-1 | S-2 S-1 ");
  request.set_status(carnet::v1::VOUCHER_STATUS_REVERSED);
  EXPECT_EQ(codes(request), "S-1 | S-1 ");
  request.set_status(carnet::v1::VOUCHER_STATUS_POSTED);
  EXPECT_EQ(codes(request), "S-2 | S-2 ");
  request.Clear();
  request.set_code("R-1");
  EXPECT_EQ(codes(request), "R-1 | ");
  request.set_code("");
  request.set_effective_from("2026-05-02");
  EXPECT_EQ(codes(request), "| ");
  request.set_effective_from("tomorrow");
  EXPECT_EQ(codes(request), "DATE_MALFORMED");
}

TEST_F(BooksTest, APageTokenGoesWithItsFilters) {
  for (int i = 1; i <= 3; ++i) Say(Sale(absl::StrCat("S-", i), 1));
  const Ledger ledger(&vault_.opener());
  carnet::v1::ListVouchersRequest request;
  request.set_parent(kParent);
  request.set_page_size(1);
  request.add_kinds(carnet::v1::VOUCHER_KIND_SALE);
  carnet::v1::ListVouchersResponse page;
  ASSERT_TRUE(ledger.ListVouchers(views_.view(), request, &page).ok());
  request.set_page_token(page.next_page_token());
  page.Clear();
  ASSERT_TRUE(ledger.ListVouchers(views_.view(), request, &page).ok());
  EXPECT_EQ(page.vouchers(0).code(), "S-2");
  request.clear_kinds();
  page.Clear();
  EXPECT_EQ(ReasonOf(ledger.ListVouchers(views_.view(), request, &page)), "PAGE_TOKEN_MALFORMED");
}

TEST_F(BooksTest, VerifyingNamesWhatIsOff) {
  Say(Sale("S-1", 1000));
  Say(CashSale("S-2", 500));
  Say(Receipt("R-1", 400));
  EXPECT_EQ(Verify(), "");
  EXPECT_EQ(vouchers_, 3U);
  const std::string record = FormatRecordName(RecordOf("c-1"));
  const std::string account_key = domain::RecordKey("shop-1", RecordOf("c-1"));
  EXPECT_EQ(
      VerifyWith<AccountRow>(Family::kAccounts, account_key,
                             [](AccountRow* row) { row->mutable_units(0)->set_debits(1001); }),
      record +
          ": receivable is 6.01 EUR, its entries come to 6.00 EUR\n"
          ": all accounts together are 0.01 EUR, not zero\n");
  EXPECT_EQ(
      VerifyWith<AccountRow>(
          Family::kAccounts, account_key,
          [](AccountRow* row) { row->mutable_units(0)->mutable_tail()->set_amounts(0, 1); }),
      record + ": receivable has 3 postings over -3.99 EUR, its vouchers are 3 over 6.00 EUR\n");
  const std::string cash =
      domain::OwnAccountKey("shop-1", carnet::log::v1::LEDGER_ACCOUNT_CASH, "EUR", "till-1");
  EXPECT_EQ(VerifyWith<OwnAccountRow>(Family::kOwnAccounts, cash,
                                      [](OwnAccountRow* row) { row->set_open_debits(1); }),
            "cash of till-1: is 9.00 EUR, its days come to 0.01 EUR\n");
  const std::string found =
      VerifyWith<VoucherRow>(Family::kEntries, domain::VoucherKey("shop-1", 1),
                             [](VoucherRow* row) { row->mutable_legs(0)->set_amount(999); });
  EXPECT_TRUE(found.starts_with(
      "merchants/shop-1/vouchers/1: its debits and credits differ by -0.01 EUR\n"))
      << found;
  EXPECT_EQ(Verify(), "");
}

}  // namespace
}  // namespace carnet::query
