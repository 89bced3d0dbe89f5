// The posting table: the whole of bookkeeping on one page. A kind of voucher is a row here.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/ledger.pb.h"
#include "domain/keys.h"

namespace carnet::domain {

enum class Tenders {
  kNone,            // the whole total goes to the customer's account
  kMoney,           // 1 to 1000, none of them on account: money moves now
  kMoneyOrAccount,  // 1 to 1000, on account and cash on delivery too
};

enum class Intents {
  kFactOrRequest,  // it may have happened without asking us
  kRequest,        // INTENT_NOT_ALLOWED as a FACT
  kOwnWord,  // not published as a posting (KIND_NOT_ALLOWED): another body of changes writes it
};

// What else is said of a kind; any number of them.
enum Trait : unsigned {
  kPlain = 0,
  kTax = 1,             // carries tax
  kSigned = 2,          // the total may be negative; never zero
  kNamesAccount = 4,    // `account` may say which of the customer's accounts
  kExchanged = 8,       // has a second amount in another unit
  kNeedsCustomer = 16,  // without one it is refused even where nothing would be owed
  kFinal = 32,          // can't be reversed
  kWithinOpen = 64,     // at most what is open on both accounts
};

// How a kind posts. Debits are positive. With s = `sign`:
//
//   each tender              +s · amount         to the account of its method; on account and cash
//                                                on delivery: to the customer's account
//   without tenders          +s · total          to the customer's account
//   counterpart              −s · (total − tax)
//   tax                      −s · tax
//   rounding                 −s · rounding
//   exchanged, other unit    −s · exchanged      to the customer's account, and its negative to the
//                                                counterpart
//
// which is zero together in each unit, as total + rounding = Σ tenders. Where there is no customer,
// the unknown debtor stands in for the receivable.
struct PostingRule {
  carnet::v1::VoucherKind kind;
  std::string_view name;
  int sign;
  Tenders tenders;
  carnet::log::v1::LedgerAccount account;  // the customer's; unspecified: none but the counterpart
  carnet::log::v1::LedgerAccount counterpart;
  Intents intents;
  unsigned traits;

  bool has(Trait trait) const { return (traits & trait) != 0; }
  bool published() const { return intents != Intents::kOwnWord; }
};

// Nothing for a kind that is in no row.
const PostingRule* FindPostingRule(carnet::v1::VoucherKind kind);
std::span<const PostingRule> AllPostingRules();

// The account to which a tender of that method posts.
carnet::log::v1::LedgerAccount AccountOfMethod(carnet::v1::TenderMethod method);

// Whether it is money in a till or bank: kept by source as well.
bool IsMoneyAccount(carnet::log::v1::LedgerAccount account);

// Whether it is an account of the customer's: receivable or payable.
inline bool IsCustomerAccount(carnet::log::v1::LedgerAccount account) {
  return account == carnet::log::v1::LEDGER_ACCOUNT_RECEIVABLE ||
         account == carnet::log::v1::LEDGER_ACCOUNT_PAYABLE;
}

inline Side SideOf(carnet::log::v1::LedgerAccount account) {
  return account == carnet::log::v1::LEDGER_ACCOUNT_PAYABLE ? Side::kPayable : Side::kReceivable;
}

// "receivable", "sales", "cash" …: the name that people and answers use; and back, UNSPECIFIED for
// a name that is none.
std::string_view AccountName(carnet::log::v1::LedgerAccount account);
carnet::log::v1::LedgerAccount AccountOfName(std::string_view name);

}  // namespace carnet::domain
