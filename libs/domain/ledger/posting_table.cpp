#include "domain/ledger/posting_table.h"

namespace carnet::domain {

using namespace carnet::log::v1;  // NOLINT: the table reads better so
using namespace carnet::v1;       // NOLINT

namespace {

// clang-format off
constexpr PostingRule kRules[] = {
    // kind                    name          s  tenders                   counterpart                   tax    signed fact   publ.  revers. customer
    {VOUCHER_KIND_SALE,        "sale",      +1, Tenders::kMoneyOrAccount, LEDGER_ACCOUNT_SALES,         true,  false, true,  true,  true,  false},
    {VOUCHER_KIND_RETURN,      "return",    -1, Tenders::kMoneyOrAccount, LEDGER_ACCOUNT_RETURNS,       true,  false, true,  true,  true,  false},
    {VOUCHER_KIND_RECEIPT,     "receipt",   +1, Tenders::kMoney,          LEDGER_ACCOUNT_RECEIVABLE,    false, false, true,  true,  true,  false},
    {VOUCHER_KIND_PAYMENT,     "payment",   -1, Tenders::kMoney,          LEDGER_ACCOUNT_RECEIVABLE,    false, false, true,  true,  true,  false},
    {VOUCHER_KIND_OPENING,     "opening",   +1, Tenders::kNone,           LEDGER_ACCOUNT_OPENING,       false, true,  false, true,  true,  true},
    {VOUCHER_KIND_ADJUSTMENT,  "adjustment",+1, Tenders::kNone,           LEDGER_ACCOUNT_ADJUSTMENTS,   false, true,  false, false, true,  true},
    // A reversal has no legs of its own: it negates those of its target.
    {VOUCHER_KIND_REVERSAL,    "reversal",  +1, Tenders::kNone,           LEDGER_ACCOUNT_UNSPECIFIED,   false, true,  true,  false, false, false},
};
// clang-format on

constexpr int kFirstMoneyAccount = 16;

}  // namespace

const PostingRule* FindPostingRule(VoucherKind kind) {
  for (const PostingRule& rule : kRules) {
    if (rule.kind == kind) return &rule;
  }
  return nullptr;
}

std::span<const PostingRule> AllPostingRules() { return kRules; }

LedgerAccount AccountOfMethod(TenderMethod method) {
  switch (method) {
    case TENDER_METHOD_ON_ACCOUNT:
    case TENDER_METHOD_CASH_ON_DELIVERY:
      return LEDGER_ACCOUNT_RECEIVABLE;
    default:
      return static_cast<LedgerAccount>(kFirstMoneyAccount + static_cast<int>(method));
  }
}

bool IsMoneyAccount(LedgerAccount account) {
  return static_cast<int>(account) > kFirstMoneyAccount;
}

std::string_view AccountName(LedgerAccount account) {
  switch (account) {
    case LEDGER_ACCOUNT_RECEIVABLE:
      return "receivable";
    case LEDGER_ACCOUNT_SALES:
      return "sales";
    case LEDGER_ACCOUNT_RETURNS:
      return "returns";
    case LEDGER_ACCOUNT_TAX:
      return "tax";
    case LEDGER_ACCOUNT_ROUNDING:
      return "rounding";
    case LEDGER_ACCOUNT_OPENING:
      return "opening";
    case LEDGER_ACCOUNT_ADJUSTMENTS:
      return "adjustments";
    case LEDGER_ACCOUNT_UNKNOWN_DEBTOR:
      return "unknown-debtor";
    case LEDGER_ACCOUNT_CASH:
      return "cash";
    case LEDGER_ACCOUNT_CARD:
      return "card";
    case LEDGER_ACCOUNT_TRANSFER:
      return "transfer";
    case LEDGER_ACCOUNT_CHEQUE:
      return "cheque";
    case LEDGER_ACCOUNT_DIRECT_DEBIT:
      return "direct-debit";
    case LEDGER_ACCOUNT_WALLET:
      return "wallet";
    default:
      return "unknown";
  }
}

}  // namespace carnet::domain
