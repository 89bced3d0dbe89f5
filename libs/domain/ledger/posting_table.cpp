#include "domain/ledger/posting_table.h"

namespace carnet::domain {

using namespace carnet::log::v1;  // NOLINT: the table reads better so
using namespace carnet::v1;       // NOLINT

namespace {

// clang-format off
constexpr LedgerAccount kNoAccount = LEDGER_ACCOUNT_UNSPECIFIED;
constexpr LedgerAccount kReceivable = LEDGER_ACCOUNT_RECEIVABLE;
constexpr LedgerAccount kPayable = LEDGER_ACCOUNT_PAYABLE;

constexpr PostingRule kRules[] = {
    // kind                          name                s   tenders                   customer's   counterpart                    intents                  traits
    {VOUCHER_KIND_SALE,              "sale",             +1, Tenders::kMoneyOrAccount, kReceivable, LEDGER_ACCOUNT_SALES,          Intents::kFactOrRequest, kTax},
    {VOUCHER_KIND_RETURN,            "return",           -1, Tenders::kMoneyOrAccount, kReceivable, LEDGER_ACCOUNT_RETURNS,        Intents::kFactOrRequest, kTax},
    {VOUCHER_KIND_RECEIPT,           "receipt",          +1, Tenders::kMoney,          kNoAccount,  kReceivable,                   Intents::kFactOrRequest, kPlain},
    {VOUCHER_KIND_PAYMENT,           "payment",          -1, Tenders::kMoney,          kNoAccount,  kReceivable,                   Intents::kFactOrRequest, kPlain},
    {VOUCHER_KIND_OPENING,           "opening",          +1, Tenders::kNone,           kReceivable, LEDGER_ACCOUNT_OPENING,        Intents::kRequest,       kSigned | kNamesAccount | kNeedsCustomer},
    {VOUCHER_KIND_ADJUSTMENT,        "adjustment",       +1, Tenders::kNone,           kReceivable, LEDGER_ACCOUNT_ADJUSTMENTS,    Intents::kRequest,       kSigned | kNamesAccount | kNeedsCustomer},
    {VOUCHER_KIND_OFFSET,            "offset",           -1, Tenders::kNone,           kReceivable, kPayable,                      Intents::kRequest,       kNeedsCustomer | kWithinOpen},
    {VOUCHER_KIND_EXCHANGE,          "exchange",         -1, Tenders::kNone,           kReceivable, LEDGER_ACCOUNT_EXCHANGE,       Intents::kRequest,       kSigned | kExchanged | kNeedsCustomer},
    // From suppliers. We owe more: the payable goes down.
    {VOUCHER_KIND_BILL,              "bill",             -1, Tenders::kNone,           kPayable,    LEDGER_ACCOUNT_PURCHASES,      Intents::kRequest,       kTax | kNeedsCustomer},
    {VOUCHER_KIND_BILL_CREDIT,       "bill credit",      +1, Tenders::kNone,           kPayable,    LEDGER_ACCOUNT_PURCHASES,      Intents::kRequest,       kTax | kNeedsCustomer},
    {VOUCHER_KIND_SUPPLIER_PAYMENT,  "supplier payment", -1, Tenders::kMoney,          kNoAccount,  kPayable,                      Intents::kRequest,       kNeedsCustomer},
    {VOUCHER_KIND_SUPPLIER_REFUND,   "supplier refund",  +1, Tenders::kMoney,          kNoAccount,  kPayable,                      Intents::kRequest,       kNeedsCustomer},
    // An AssignVoucher's: from the unknown debtor to a customer, on the original date.
    {VOUCHER_KIND_TRANSFER,          "transfer",         +1, Tenders::kNone,           kReceivable, LEDGER_ACCOUNT_UNKNOWN_DEBTOR, Intents::kOwnWord,       kSigned | kNeedsCustomer},
    // A Reversal's: no legs of its own, it negates those of its target.
    {VOUCHER_KIND_REVERSAL,          "reversal",         +1, Tenders::kNone,           kNoAccount,  kNoAccount,                    Intents::kOwnWord,       kSigned | kFinal},
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

namespace {

struct NamedAccount {
  LedgerAccount account;
  std::string_view name;
};
constexpr NamedAccount kNames[] = {
    {LEDGER_ACCOUNT_RECEIVABLE, "receivable"},
    {LEDGER_ACCOUNT_PAYABLE, "payable"},
    {LEDGER_ACCOUNT_SALES, "sales"},
    {LEDGER_ACCOUNT_RETURNS, "returns"},
    {LEDGER_ACCOUNT_TAX, "tax"},
    {LEDGER_ACCOUNT_ROUNDING, "rounding"},
    {LEDGER_ACCOUNT_OPENING, "opening"},
    {LEDGER_ACCOUNT_ADJUSTMENTS, "adjustments"},
    {LEDGER_ACCOUNT_UNKNOWN_DEBTOR, "unknown-debtor"},
    {LEDGER_ACCOUNT_EXCHANGE, "exchange"},
    {LEDGER_ACCOUNT_PURCHASES, "purchases"},
    {LEDGER_ACCOUNT_CASH, "cash"},
    {LEDGER_ACCOUNT_CARD, "card"},
    {LEDGER_ACCOUNT_TRANSFER, "transfer"},
    {LEDGER_ACCOUNT_CHEQUE, "cheque"},
    {LEDGER_ACCOUNT_DIRECT_DEBIT, "direct-debit"},
    {LEDGER_ACCOUNT_WALLET, "wallet"},
};

}  // namespace

std::string_view AccountName(LedgerAccount account) {
  for (const NamedAccount& named : kNames) {
    if (named.account == account) return named.name;
  }
  return "unknown";
}

LedgerAccount AccountOfName(std::string_view name) {
  for (const NamedAccount& named : kNames) {
    if (named.name == name) return named.account;
  }
  return LEDGER_ACCOUNT_UNSPECIFIED;
}

}  // namespace carnet::domain
