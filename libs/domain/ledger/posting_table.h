// The posting table: the whole of bookkeeping on one page. A kind of voucher is a row here.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/ledger.pb.h"

namespace carnet::domain {

enum class Tenders {
  kNone,            // the whole total goes to the receivable
  kMoney,           // 1 to 1000, none of them on account: money moves now
  kMoneyOrAccount,  // 1 to 1000, on account and cash on delivery too
};

// How a kind posts. Debits are positive. With s = `sign`:
//
//   each tender       +s · amount   to the account of its method; on account and cash on delivery:
//   to the receivable (no tenders)      +s · total    to the receivable counterpart       −s ·
//   (total − tax) tax               −s · tax rounding          −s · rounding
//
// which is zero together, as total + rounding = Σ tenders.
struct PostingRule {
  carnet::v1::VoucherKind kind;
  std::string_view name;
  int sign;  // +1: money or a claim comes in; −1: it goes out
  Tenders tenders;
  carnet::log::v1::LedgerAccount counterpart;
  bool takes_tax;
  bool signed_total;  // the total may be negative (never zero)
  bool fact;          // may be a FACT; every published kind may be a REQUEST
  bool published;     // false: only Carnet itself posts it
  bool reversible;
  bool needs_customer;  // without one a REQUEST is refused even where nothing would be owed
};

// Nothing for a kind that is in no row.
const PostingRule* FindPostingRule(carnet::v1::VoucherKind kind);
std::span<const PostingRule> AllPostingRules();

// The account to which a tender of that method posts.
carnet::log::v1::LedgerAccount AccountOfMethod(carnet::v1::TenderMethod method);

// Whether it is money in a till or bank: kept by source as well.
bool IsMoneyAccount(carnet::log::v1::LedgerAccount account);

// "receivable", "sales", "cash" …: the name that people and answers use.
std::string_view AccountName(carnet::log::v1::LedgerAccount account);

}  // namespace carnet::domain
