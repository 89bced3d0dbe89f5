// Every kind of voucher, as a FACT and as a REQUEST, in every situation that can refuse or flag it:
// what must come of it, written by hand.
#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "domain/ledger/posting_table.h"
#include "domain/test_support.h"

namespace carnet::domain {
namespace {

using testing::Sale;
using testing::Shop;

// Situations, one a column:
//   plain     a known customer, nothing special
//   nobody    no customer is named (unknown: money nobody owes still posts)
//   taken     the source has another voucher with that code
//   again     the same ticket under a new id
//   closed    the books are closed on that day
//   early     the day lies before the customer's opening
//   second    the code is taken, the day closed and before the opening: the nearest reason wins
//   worst     as `second`, and no customer
//
// A void is the FACT of a reversal. dead: a dead letter, INTENT_NOT_ALLOWED.
constexpr std::string_view kExpected = R"(
                 intent  | plain   | nobody              | taken               | again                 | closed                | early                  | second                                    | worst
sale             FACT    | APPLIED | APPLIED NO_CUSTOMER | APPLIED CODE_REUSED | DUPLICATE NATURAL_KEY | APPLIED PERIOD_CLOSED | APPLIED BEFORE_OPENING | APPLIED BEFORE_OPENING CODE_REUSED PERIOD_CLOSED | APPLIED CODE_REUSED NO_CUSTOMER PERIOD_CLOSED
sale             REQUEST | APPLIED | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | DUPLICATE NATURAL_KEY | REJECTED PERIOD_CLOSED | REJECTED BEFORE_OPENING | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
cash-sale        FACT    | APPLIED | APPLIED             | APPLIED CODE_REUSED | DUPLICATE NATURAL_KEY | APPLIED PERIOD_CLOSED | APPLIED BEFORE_OPENING | APPLIED BEFORE_OPENING CODE_REUSED PERIOD_CLOSED | APPLIED CODE_REUSED PERIOD_CLOSED
cash-sale        REQUEST | APPLIED | APPLIED             | REJECTED CODE_TAKEN | DUPLICATE NATURAL_KEY | REJECTED PERIOD_CLOSED | REJECTED BEFORE_OPENING | REJECTED CODE_TAKEN | REJECTED CODE_TAKEN
return           FACT    | APPLIED | APPLIED NO_CUSTOMER | APPLIED CODE_REUSED | DUPLICATE NATURAL_KEY | APPLIED PERIOD_CLOSED | APPLIED BEFORE_OPENING | APPLIED BEFORE_OPENING CODE_REUSED PERIOD_CLOSED | APPLIED CODE_REUSED NO_CUSTOMER PERIOD_CLOSED
return           REQUEST | APPLIED | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | DUPLICATE NATURAL_KEY | REJECTED PERIOD_CLOSED | REJECTED BEFORE_OPENING | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
receipt          FACT    | APPLIED | APPLIED NO_CUSTOMER | APPLIED CODE_REUSED | DUPLICATE NATURAL_KEY | APPLIED PERIOD_CLOSED | APPLIED BEFORE_OPENING | APPLIED BEFORE_OPENING CODE_REUSED PERIOD_CLOSED | APPLIED CODE_REUSED NO_CUSTOMER PERIOD_CLOSED
receipt          REQUEST | APPLIED | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | DUPLICATE NATURAL_KEY | REJECTED PERIOD_CLOSED | REJECTED BEFORE_OPENING | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
payment          FACT    | APPLIED | APPLIED NO_CUSTOMER | APPLIED CODE_REUSED | DUPLICATE NATURAL_KEY | APPLIED PERIOD_CLOSED | APPLIED BEFORE_OPENING | APPLIED BEFORE_OPENING CODE_REUSED PERIOD_CLOSED | APPLIED CODE_REUSED NO_CUSTOMER PERIOD_CLOSED
payment          REQUEST | APPLIED | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | DUPLICATE NATURAL_KEY | REJECTED PERIOD_CLOSED | REJECTED BEFORE_OPENING | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
opening          FACT    | dead    | dead                | dead                | dead                  | dead                  | dead                   | dead                                      | dead
opening          REQUEST | APPLIED | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | DUPLICATE NATURAL_KEY | REJECTED PERIOD_CLOSED | REJECTED ALREADY_OPENED | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
adjustment       FACT    | dead    | dead                | dead                | dead                  | dead                  | dead                   | dead                                      | dead
adjustment       REQUEST | APPLIED | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | DUPLICATE NATURAL_KEY | REJECTED PERIOD_CLOSED | REJECTED BEFORE_OPENING | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
offset           FACT    | dead    | dead                | dead                | dead                  | dead                  | dead                   | dead                                      | dead
offset           REQUEST | APPLIED | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | DUPLICATE NATURAL_KEY | REJECTED PERIOD_CLOSED | REJECTED BEFORE_OPENING | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
over-offset      REQUEST | REJECTED OVER_OPEN_AMOUNT | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | REJECTED OVER_OPEN_AMOUNT | REJECTED PERIOD_CLOSED | REJECTED BEFORE_OPENING | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
exchange         FACT    | dead    | dead                | dead                | dead                  | dead                  | dead                   | dead                                      | dead
exchange         REQUEST | APPLIED | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | DUPLICATE NATURAL_KEY | REJECTED PERIOD_CLOSED | REJECTED BEFORE_OPENING | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
bill             FACT    | dead    | dead                | dead                | dead                  | dead                  | dead                   | dead                                      | dead
bill             REQUEST | APPLIED | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | DUPLICATE NATURAL_KEY | REJECTED PERIOD_CLOSED | REJECTED BEFORE_OPENING | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
bill-credit      FACT    | dead    | dead                | dead                | dead                  | dead                  | dead                   | dead                                      | dead
bill-credit      REQUEST | APPLIED | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | DUPLICATE NATURAL_KEY | REJECTED PERIOD_CLOSED | REJECTED BEFORE_OPENING | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
supplier-payment FACT    | dead    | dead                | dead                | dead                  | dead                  | dead                   | dead                                      | dead
supplier-payment REQUEST | APPLIED | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | DUPLICATE NATURAL_KEY | REJECTED PERIOD_CLOSED | REJECTED BEFORE_OPENING | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
supplier-refund  FACT    | dead    | dead                | dead                | dead                  | dead                  | dead                   | dead                                      | dead
supplier-refund  REQUEST | APPLIED | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | DUPLICATE NATURAL_KEY | REJECTED PERIOD_CLOSED | REJECTED BEFORE_OPENING | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
set-debt         FACT    | dead    | dead                | dead                | dead                  | dead                  | dead                   | dead                                      | dead
set-debt         REQUEST | APPLIED | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | APPLIED NO_CHANGE     | APPLIED               | APPLIED                | REJECTED CODE_TAKEN                       | REJECTED NO_CUSTOMER
stale-set-debt   REQUEST | REJECTED BALANCE_CHANGED | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | REJECTED BALANCE_CHANGED | REJECTED BALANCE_CHANGED | REJECTED BALANCE_CHANGED | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
transfer         FACT    | dead    | dead                | dead                | dead                  | dead                  | dead                   | dead                                      | dead
transfer         REQUEST | APPLIED | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | DUPLICATE NATURAL_KEY | REJECTED PERIOD_CLOSED | REJECTED BEFORE_OPENING | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
no-transfer      REQUEST | REJECTED NOTHING_TO_ASSIGN | REJECTED NO_CUSTOMER | REJECTED CODE_TAKEN | REJECTED NOTHING_TO_ASSIGN | REJECTED NOTHING_TO_ASSIGN | REJECTED NOTHING_TO_ASSIGN | REJECTED CODE_TAKEN | REJECTED NO_CUSTOMER
reversal         FACT    | APPLIED | APPLIED             | APPLIED CODE_REUSED | DUPLICATE NATURAL_KEY | APPLIED PERIOD_CLOSED | APPLIED BEFORE_OPENING | APPLIED BEFORE_OPENING CODE_REUSED PERIOD_CLOSED | APPLIED BEFORE_OPENING CODE_REUSED PERIOD_CLOSED
reversal         REQUEST | APPLIED | APPLIED             | REJECTED CODE_TAKEN | DUPLICATE NATURAL_KEY | REJECTED PERIOD_CLOSED | REJECTED BEFORE_OPENING | REJECTED CODE_TAKEN                       | REJECTED CODE_TAKEN
of-reversed      FACT    | APPLIED ALREADY_REVERSED | APPLIED ALREADY_REVERSED | APPLIED ALREADY_REVERSED CODE_REUSED | APPLIED ALREADY_REVERSED | APPLIED ALREADY_REVERSED | APPLIED ALREADY_REVERSED | APPLIED ALREADY_REVERSED CODE_REUSED | APPLIED ALREADY_REVERSED CODE_REUSED
of-reversed      REQUEST | REJECTED ALREADY_REVERSED | REJECTED ALREADY_REVERSED | REJECTED CODE_TAKEN | REJECTED ALREADY_REVERSED | REJECTED ALREADY_REVERSED | REJECTED ALREADY_REVERSED | REJECTED CODE_TAKEN | REJECTED CODE_TAKEN
of-reversal      FACT    | APPLIED NOT_REVERSIBLE | APPLIED NOT_REVERSIBLE | APPLIED CODE_REUSED NOT_REVERSIBLE | APPLIED NOT_REVERSIBLE | APPLIED NOT_REVERSIBLE | APPLIED NOT_REVERSIBLE | APPLIED CODE_REUSED NOT_REVERSIBLE | APPLIED CODE_REUSED NOT_REVERSIBLE
of-reversal      REQUEST | REJECTED NOT_REVERSIBLE | REJECTED NOT_REVERSIBLE | REJECTED CODE_TAKEN | REJECTED NOT_REVERSIBLE | REJECTED NOT_REVERSIBLE | REJECTED NOT_REVERSIBLE | REJECTED CODE_TAKEN | REJECTED CODE_TAKEN
of-nothing       FACT    | APPLIED PENDING_TARGET | APPLIED PENDING_TARGET | APPLIED PENDING_TARGET | APPLIED NO_CHANGE PENDING_TARGET | APPLIED PENDING_TARGET | APPLIED PENDING_TARGET | APPLIED PENDING_TARGET | APPLIED PENDING_TARGET
of-nothing       REQUEST | REJECTED NOT_FOUND | REJECTED NOT_FOUND | REJECTED NOT_FOUND | REJECTED NOT_FOUND | REJECTED NOT_FOUND | REJECTED NOT_FOUND | REJECTED NOT_FOUND | REJECTED NOT_FOUND
)";

const std::vector<std::string> kSituations = {"plain",  "nobody", "taken",  "again",
                                              "closed", "early",  "second", "worst"};

std::string Money(std::string_view kind, std::string_view more) {
  return "posting { kind: VOUCHER_KIND_" + std::string(kind) +
         " code: 'X' total { unit: 'EUR' minor: 700 } " + std::string(more) + " }";
}

std::string BodyOf(std::string_view kind) {
  const std::string cash = "tenders { method: TENDER_METHOD_CASH amount { minor: 700 } }";
  const std::string owed = "tenders { method: TENDER_METHOD_ON_ACCOUNT amount { minor: 700 } }";
  const auto reversal_of = [](std::string_view code) {
    return "reversal { target_code: '" + std::string(code) + "' code: 'X' }";
  };
  const auto transfer_of = [](std::string_view code) {
    return "assign_voucher { target_code: '" + std::string(code) + "' code: 'X' }";
  };
  const std::map<std::string_view, std::string> bodies = {
      {"sale", Money("SALE", owed)},
      {"cash-sale", Money("SALE", cash)},
      {"return", Money("RETURN", owed)},
      {"receipt", Money("RECEIPT", cash)},
      {"payment", Money("PAYMENT", cash)},
      {"opening", Money("OPENING", "")},
      {"adjustment", Money("ADJUSTMENT", "")},
      {"offset", Money("OFFSET", "")},
      {"over-offset",
       "posting { kind: VOUCHER_KIND_OFFSET code: 'X' total { unit: 'EUR' minor: 801 } }"},
      {"exchange", Money("EXCHANGE", "exchanged { unit: 'VND' minor: 20000 }")},
      {"bill", Money("BILL", "")},
      {"bill-credit", Money("BILL_CREDIT", "")},
      {"supplier-payment", Money("SUPPLIER_PAYMENT", cash)},
      {"supplier-refund", Money("SUPPLIER_REFUND", cash)},
      {"set-debt", "set_debt { target { unit: 'EUR' minor: 350 } code: 'X' }"},
      {"stale-set-debt", "set_debt { target { unit: 'EUR' minor: 350 } code: 'X' }"},
      {"transfer", transfer_of("unknown")},
      {"no-transfer", transfer_of("base")},
      {"reversal", reversal_of("base")},
      {"of-reversed", reversal_of("gone")},
      {"of-reversal", reversal_of("undo")},
      {"of-nothing", reversal_of("to-come")}};
  return bodies.at(kind);
}

// The outcome without the voucher's code.
std::string Come(Shop* shop, const carnet::log::v1::Change& change) {
  carnet::v1::Outcome outcome;
  EXPECT_TRUE(FoldChange(change, &shop->state(), &outcome).ok());
  if (outcome.reason() == "INTENT_NOT_ALLOWED") return "dead";
  std::string text =
      carnet::v1::OutcomeStatus_Name(outcome.status()).substr(sizeof "OUTCOME_STATUS_" - 1);
  if (!outcome.reason().empty()) text += " " + outcome.reason();
  for (const std::string& flag : outcome.flags()) text += " " + flag;
  EXPECT_TRUE(shop->IsBalanced());
  return text;
}

// One cell of the table: the situation is made, then the change folded on day 20.
std::string Fold(std::string_view kind, bool fact, std::string_view situation) {
  Shop shop;
  int id = 0;
  const auto applied = [&](const carnet::log::v1::Change& change) {
    const std::string came = Come(&shop, change);
    EXPECT_TRUE(came.starts_with("APPLIED")) << kind << " " << situation << ": " << came;
  };
  const bool second = situation == "second" || situation == "worst";
  const bool early = situation == "early" || second;
  // What offsets, reversals and transfers are about; older than what closes or opens.
  applied(Shop::Fact(++id, "A", Sale("base", 1000), 1));
  applied(Shop::Request(++id, "A",
                        "posting { kind: VOUCHER_KIND_BILL total { unit: 'EUR' minor: 800 } }", 1));
  applied(Shop::Fact(++id, "A", Sale("gone", 10), 1));
  applied(Shop::Request(++id, "", "reversal { target_code: 'gone' code: 'undo' }", 2));
  applied(Shop::Fact(++id, "", Sale("unknown", 90), 5));
  if (early) {
    for (const char* account : {"RECEIVABLE", "PAYABLE"}) {
      applied(Shop::Request(++id, "A",
                            "posting { kind: VOUCHER_KIND_OPENING account: CUSTOMER_ACCOUNT_" +
                                std::string(account) + " total { unit: 'EUR' minor: -1 } }",
                            15));
    }
  }
  if (situation == "taken" || second) applied(Shop::Fact(++id, "B", Sale("X", 1), 16));
  if (situation == "closed" || second) {
    applied(Shop::Request(++id, "", "set_book_dates { closed_until: '2026-05-10' }", 17));
  }

  const std::string customer = situation == "nobody" || situation == "worst" ? "" : "A";
  auto change = fact ? Shop::Fact(++id, customer, BodyOf(kind), 20)
                     : Shop::Request(++id, customer, BodyOf(kind), 20);
  if (early || situation == "closed") change.set_effective_day(change.effective_day() - 15);
  if (kind == "stale-set-debt")
    change.mutable_preconditions()->mutable_expected_balance()->set_minor(4711);
  const std::string came = Come(&shop, change);
  if (situation != "again") return came;
  change.set_id(Shop::Change(++id, "").id());
  return Come(&shop, change);
}

std::string Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return std::string(text);
}

TEST(Kinds, EveryKindIntentAndRefusal) {
  std::istringstream table{std::string(kExpected)};
  std::string line;
  std::map<std::string, int> seen;
  while (std::getline(table, line)) {
    std::istringstream cells(line);
    std::string cell;
    std::getline(cells, cell, '|');
    std::istringstream head(cell);
    std::string kind;
    std::string intent;
    if (!(head >> kind >> intent)) continue;
    ++seen[kind];
    for (const std::string& situation : kSituations) {
      ASSERT_TRUE(std::getline(cells, cell, '|')) << line;
      EXPECT_EQ(Fold(kind, intent == "FACT", situation), Trimmed(cell))
          << kind << " as a " << intent << ", " << situation;
    }
  }
  for (const PostingRule& rule : AllPostingRules()) {
    std::string name(rule.name);
    std::replace(name.begin(), name.end(), ' ', '-');
    EXPECT_EQ(seen[name], 2) << "the table walks every kind with both intents: " << name;
  }
}

// What is wrong with the form of a kind, one a column. A change that passes is "ok".
//   zero, minus: the total · bare: no tenders · owed: a tender on account · cash: a tender in cash
//   tax: 1 of tax · round: 1 of rounding, and one more in the tenders · payable: names that account
//   other: a second amount in VND · same: one in EUR · many: 1001 tenders
constexpr std::string_view kForms = R"(
                 zero | minus | bare | owed | cash | tax  | round | payable | other | same | many
sale             AMOUNT_NOT_POSITIVE | AMOUNT_NOT_POSITIVE | TENDER_MISSING | ok | ok | ok | ok | ACCOUNT_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | TOO_MANY_VALUES
return           AMOUNT_NOT_POSITIVE | AMOUNT_NOT_POSITIVE | TENDER_MISSING | ok | ok | ok | ok | ACCOUNT_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | TOO_MANY_VALUES
receipt          AMOUNT_NOT_POSITIVE | AMOUNT_NOT_POSITIVE | TENDER_MISSING | TENDER_NOT_ALLOWED | ok | TAX_NOT_ALLOWED | ok | ACCOUNT_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | TOO_MANY_VALUES
payment          AMOUNT_NOT_POSITIVE | AMOUNT_NOT_POSITIVE | TENDER_MISSING | TENDER_NOT_ALLOWED | ok | TAX_NOT_ALLOWED | ok | ACCOUNT_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | TOO_MANY_VALUES
opening          AMOUNT_NOT_POSITIVE | ok | ok | TENDER_NOT_ALLOWED | TENDER_NOT_ALLOWED | TAX_NOT_ALLOWED | UNBALANCED | ok | EXCHANGED_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | TENDER_NOT_ALLOWED
adjustment       AMOUNT_NOT_POSITIVE | ok | ok | TENDER_NOT_ALLOWED | TENDER_NOT_ALLOWED | TAX_NOT_ALLOWED | UNBALANCED | ok | EXCHANGED_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | TENDER_NOT_ALLOWED
offset           AMOUNT_NOT_POSITIVE | AMOUNT_NOT_POSITIVE | OVER_OPEN_AMOUNT | TENDER_NOT_ALLOWED | TENDER_NOT_ALLOWED | TAX_NOT_ALLOWED | UNBALANCED | ACCOUNT_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | TENDER_NOT_ALLOWED
exchange         AMOUNT_NOT_POSITIVE | AMOUNT_MISSING | AMOUNT_MISSING | AMOUNT_MISSING | AMOUNT_MISSING | TAX_NOT_ALLOWED | UNBALANCED | ACCOUNT_NOT_ALLOWED | ok | CURRENCY_MISMATCH | AMOUNT_MISSING
bill             AMOUNT_NOT_POSITIVE | AMOUNT_NOT_POSITIVE | ok | TENDER_NOT_ALLOWED | TENDER_NOT_ALLOWED | ok | UNBALANCED | ACCOUNT_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | TENDER_NOT_ALLOWED
bill credit      AMOUNT_NOT_POSITIVE | AMOUNT_NOT_POSITIVE | ok | TENDER_NOT_ALLOWED | TENDER_NOT_ALLOWED | ok | UNBALANCED | ACCOUNT_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | TENDER_NOT_ALLOWED
supplier payment AMOUNT_NOT_POSITIVE | AMOUNT_NOT_POSITIVE | TENDER_MISSING | TENDER_NOT_ALLOWED | ok | TAX_NOT_ALLOWED | ok | ACCOUNT_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | TOO_MANY_VALUES
supplier refund  AMOUNT_NOT_POSITIVE | AMOUNT_NOT_POSITIVE | TENDER_MISSING | TENDER_NOT_ALLOWED | ok | TAX_NOT_ALLOWED | ok | ACCOUNT_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | EXCHANGED_NOT_ALLOWED | TOO_MANY_VALUES
transfer         KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED
reversal         KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED | KIND_NOT_ALLOWED
)";

// The voucher with that wrong; what the kind needs otherwise is there.
carnet::v1::Posting Misformed(const PostingRule& rule, const std::string& wrong) {
  carnet::v1::Posting posting;
  posting.set_kind(rule.kind);
  const int64_t total = wrong == "zero" ? 0 : wrong == "minus" ? -100 : 100;
  posting.mutable_total()->set_unit("EUR");
  posting.mutable_total()->set_minor(total);
  const auto pay = [&](carnet::v1::TenderMethod method, int64_t amount) {
    auto* tender = posting.add_tenders();
    tender->set_method(method);
    tender->mutable_amount()->set_minor(amount);
  };
  const bool pays = rule.tenders != Tenders::kNone;
  if (wrong == "owed") {
    pay(carnet::v1::TENDER_METHOD_ON_ACCOUNT, total);
  } else if (wrong == "many") {
    for (int i = 0; i < 1001; ++i) pay(carnet::v1::TENDER_METHOD_CASH, i == 0 ? total : 0);
  } else if (wrong == "round") {
    posting.mutable_rounding()->set_minor(1);
    if (pays) pay(carnet::v1::TENDER_METHOD_CASH, total + 1);
  } else if (wrong != "bare" && (pays || wrong == "cash")) {
    pay(carnet::v1::TENDER_METHOD_CASH, total);
  }
  if (wrong == "tax") posting.mutable_tax()->set_minor(1);
  if (wrong == "payable") posting.set_account(carnet::v1::CUSTOMER_ACCOUNT_PAYABLE);
  if (wrong == "other" || wrong == "same") {
    posting.mutable_exchanged()->set_unit(wrong == "other" ? "VND" : "EUR");
    posting.mutable_exchanged()->set_minor(5000);
  }
  return posting;
}

TEST(Kinds, EveryKindAndForm) {
  std::istringstream table{std::string(kForms)};
  std::string line;
  std::vector<std::string> columns;
  size_t kinds = 0;
  while (std::getline(table, line)) {
    if (line.size() < 17) continue;
    const std::string kind = Trimmed(line.substr(0, 16));
    std::istringstream cells(line.substr(17));
    std::string cell;
    std::vector<std::string> row;
    while (std::getline(cells, cell, '|')) row.push_back(Trimmed(cell));
    if (columns.empty()) {
      columns = row;
      continue;
    }
    ++kinds;
    ASSERT_EQ(row.size(), columns.size()) << line;
    for (const PostingRule& rule : AllPostingRules()) {
      if (rule.name != kind) continue;
      for (size_t i = 0; i < columns.size(); ++i) {
        Shop shop;
        auto change = Shop::Request(1, "A", "posting { }");
        *change.mutable_body()->mutable_posting() = Misformed(rule, columns[i]);
        carnet::v1::Outcome outcome;
        ASSERT_TRUE(FoldChange(change, &shop.state(), &outcome).ok());
        EXPECT_EQ(outcome.reason().empty() ? "ok" : outcome.reason(), row[i])
            << kind << ", " << columns[i];
      }
    }
  }
  EXPECT_EQ(kinds, AllPostingRules().size());
}

TEST(Kinds, ThousandTendersAreOneVoucher) {
  Shop shop;
  auto change = Shop::Fact(1, "A", "posting { }");
  auto* posting = change.mutable_body()->mutable_posting();
  posting->set_kind(carnet::v1::VOUCHER_KIND_SALE);
  posting->mutable_total()->set_unit("EUR");
  posting->mutable_total()->set_minor(1000);
  for (int i = 0; i < 1000; ++i) {
    auto* tender = posting->add_tenders();
    tender->set_method(i % 2 == 0 ? carnet::v1::TENDER_METHOD_CASH
                                  : carnet::v1::TENDER_METHOD_ON_ACCOUNT);
    tender->mutable_amount()->set_minor(1);
  }
  EXPECT_EQ(shop.Fold(change), "APPLIED V-1");
  EXPECT_EQ(shop.Balance("A"), 500);
}

}  // namespace
}  // namespace carnet::domain
