#include "domain/ledger/postings.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/civil_date.h"
#include "base/fatal.h"
#include "base/money.h"
#include "domain/ledger/account.h"
#include "domain/ledger/book_dates.h"
#include "domain/ledger/posting_table.h"
#include "domain/ledger/reversals.h"
#include "domain/ledger/voucher.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::LEDGER_ACCOUNT_PAYABLE;
using carnet::log::v1::LEDGER_ACCOUNT_RECEIVABLE;
using carnet::log::v1::LEDGER_ACCOUNT_ROUNDING;
using carnet::log::v1::LEDGER_ACCOUNT_TAX;
using carnet::log::v1::LEDGER_ACCOUNT_UNKNOWN_DEBTOR;
using carnet::log::v1::LedgerAccount;
using carnet::log::v1::VoucherRow;

std::string AmountText(int64_t minor, std::string_view unit) {
  return FormatDecimal(minor, CurrencyExponent(unit).value_or(0)) + " " + std::string(unit);
}

// The customer's account that a posting is about.
LedgerAccount CustomerAccountOf(const PostingRule& rule, const carnet::v1::Posting& posting) {
  return posting.account() == carnet::v1::CUSTOMER_ACCOUNT_PAYABLE ? LEDGER_ACCOUNT_PAYABLE
                                                                   : rule.account;
}

// Legs as the table says; without a customer, what would be theirs goes to the unknown debtor. The
// form has been checked, so single sums can't overflow, but a leg that merges several tenders can.
bool AddLegs(const PostingRule& rule, const carnet::v1::Posting& posting, bool has_customer,
             VoucherRow* voucher) {
  const auto add = [&](LedgerAccount account, int64_t amount, int sign, bool other = false) {
    if (account == LEDGER_ACCOUNT_RECEIVABLE && !has_customer) {
      account = LEDGER_ACCOUNT_UNKNOWN_DEBTOR;
    }
    const auto signed_amount = sign < 0 ? CheckedNegate(amount) : std::optional(amount);
    return signed_amount && AddLeg(account, *signed_amount, voucher, other);
  };
  const LedgerAccount account = CustomerAccountOf(rule, posting);
  const int64_t total = posting.total().minor();
  const int64_t tax = posting.tax().minor();
  if (rule.tenders == Tenders::kNone && !add(account, total, rule.sign)) return false;
  for (const auto& tender : posting.tenders()) {
    if (!add(AccountOfMethod(tender.method()), tender.amount().minor(), rule.sign)) return false;
  }
  const auto net = CheckedAdd(total, -tax);  // 0 <= tax <= total
  if (!net || !add(rule.counterpart, *net, -rule.sign) ||
      !add(LEDGER_ACCOUNT_TAX, tax, -rule.sign) ||
      !add(LEDGER_ACCOUNT_ROUNDING, posting.rounding().minor(), -rule.sign)) {
    return false;
  }
  if (!rule.has(kExchanged)) return true;
  voucher->set_other_unit(posting.exchanged().unit());
  const int64_t exchanged = posting.exchanged().minor();
  return add(account, exchanged, -rule.sign, true) &&
         add(rule.counterpart, exchanged, rule.sign, true);
}

bool HasLegWithoutCustomer(const VoucherRow& voucher) {
  for (const auto& leg : voucher.legs()) {
    if (leg.account() == LEDGER_ACCOUNT_UNKNOWN_DEBTOR) return true;
  }
  return false;
}

// Nobody to post to.
Verdict CheckCustomer(Step* step, const PostingRule& rule, const Account* account,
                      const VoucherRow& voucher) {
  if (account != nullptr) return Verdict::Applied();
  if (!rule.has(kNeedsCustomer) && !HasLegWithoutCustomer(voucher)) return Verdict::Applied();
  if (!step->is_fact()) {
    return Verdict::Rejected(
        reason::kNoCustomer,
        "a " + std::string(rule.name) + " that someone owes needs a customer: name one");
  }
  step->Flag(flag::kNoCustomer);
  return Verdict::Applied();
}

Verdict CheckSecondOpening(const Account* account, const VoucherRow& voucher) {
  const Side side =
      LegOf(voucher, LEDGER_ACCOUNT_PAYABLE) != 0 ? Side::kPayable : Side::kReceivable;
  if (!account->OpeningDay(side, voucher.unit())) return Verdict::Applied();
  return Verdict::Rejected(reason::kAlreadyOpened, "this customer has an opening balance in " +
                                                       voucher.unit() + "; reverse it first");
}

// Over all members: an offset is about what the customer owes, not one of its records.
Verdict CheckWithinOpen(Step* step, const Account* account, const VoucherRow& voucher) {
  const auto owed = account->CustomerBalance(Side::kReceivable, voucher.unit());
  const auto payable = account->CustomerBalance(Side::kPayable, voucher.unit());
  const auto we_owe = payable ? CheckedNegate(*payable) : std::nullopt;
  if (!owed || !we_owe) return Overflow(*step, "the sum over the customer's records");
  const int64_t open = std::max<int64_t>(0, std::min(*owed, *we_owe));
  if (voucher.total() <= open) return Verdict::Applied();
  return Verdict::Rejected(reason::kOverOpenAmount,
                           "the customer owes " + AmountText(*owed, voucher.unit()) +
                               ", we owe them " + AmountText(*we_owe, voucher.unit()) +
                               ": at most " + AmountText(open, voucher.unit()) + " can be offset");
}

}  // namespace

Verdict ApplyPosting(Step* step, Account* account, const carnet::v1::Posting& posting) {
  const PostingRule* rule = FindPostingRule(posting.kind());
  CARNET_ASSERT(rule != nullptr);  // the form has been checked

  VoucherRow voucher = BeginVoucher(*step, posting.kind(), account, posting.total().unit());
  voucher.set_code(posting.code());
  voucher.set_total(posting.total().minor());
  voucher.set_category(posting.category());
  for (const auto& tender : posting.tenders()) *voucher.add_tenders() = tender;
  if (const auto due = ParseCivilDay(posting.due_date())) voucher.set_due_day(*due);
  SetNote(step, posting.note(), &voucher);
  if (!AddLegs(*rule, posting, account != nullptr, &voucher))
    return Overflow(*step, "a sum of its tenders");

  // In the order of reasons.h: who, which voucher, when, how much.
  CodeEntry code;
  const CodeUse use = FindCodeUse(*step, voucher, &code);
  if (use == CodeUse::kSameTicket) return SameTicket(step, code);
  if (Verdict v = CheckCustomer(step, *rule, account, voucher); !v.applied()) return v;
  if (use == CodeUse::kTaken) {
    if (Verdict v = TakenCode(step); !v.applied()) return v;
  }
  if (Verdict v = CheckOpenDay(step, &voucher); !v.applied()) return v;
  if (rule->kind == carnet::v1::VOUCHER_KIND_OPENING) {
    if (Verdict v = CheckSecondOpening(account, voucher); !v.applied()) return v;
  }
  if (Verdict v = CheckOpenings(step, account, voucher, voucher.effective_day()); !v.applied())
    return v;
  if (rule->has(kWithinOpen)) {
    if (Verdict v = CheckWithinOpen(step, account, voucher); !v.applied()) return v;
  }
  return PostAndReverseOnArrival(step, account, std::move(code), &voucher);
}

Verdict ApplySetDebt(Step* step, Account* account, const carnet::v1::SetDebt& set_debt) {
  if (account == nullptr)
    return Verdict::Rejected(reason::kNoCustomer, "a debt needs a customer: name one");
  const std::string& unit = set_debt.target().unit();
  // What the author sees and wants to be otherwise is what the customer owes, over all members; the
  // difference is posted to the record that was addressed, and stays there if they are unlinked.
  const auto owed = account->CustomerBalance(Side::kReceivable, unit);
  if (!owed) return Overflow(*step, "the sum over the customer's records");
  const int64_t balance = *owed;
  const auto negated = CheckedNegate(balance);
  const auto difference = negated ? CheckedAdd(set_debt.target().minor(), *negated) : std::nullopt;
  const auto counter = difference ? CheckedNegate(*difference) : std::nullopt;
  if (!counter) return Overflow(*step, "the adjustment");

  // Never backdated: the author speaks of the balance as it is.
  step->effective_day = step->recorded_day;
  VoucherRow voucher = BeginVoucher(*step, carnet::v1::VOUCHER_KIND_ADJUSTMENT, account, unit);
  CodeEntry code;
  if (*difference != 0) {  // else there is no voucher, and no code or day it could clash with
    voucher.set_code(set_debt.code());
    voucher.set_total(*difference);
    SetNote(step, set_debt.note(), &voucher);
    // Two legs of different accounts: nothing to merge, so nothing can overflow.
    const PostingRule* rule = FindPostingRule(carnet::v1::VOUCHER_KIND_ADJUSTMENT);
    CARNET_ASSERT(AddLeg(LEDGER_ACCOUNT_RECEIVABLE, *difference, &voucher) &&
                  AddLeg(rule->counterpart, *counter, &voucher));
    const CodeUse use = FindCodeUse(*step, voucher, &code);
    if (use == CodeUse::kSameTicket) return SameTicket(step, code);
    if (use == CodeUse::kTaken) return TakenCode(step);
    if (Verdict v = CheckOpenDay(step, &voucher); !v.applied()) return v;
    if (Verdict v = CheckOpenings(step, account, voucher, voucher.effective_day()); !v.applied())
      return v;
  }
  const auto& preconditions = step->change.preconditions();
  if (preconditions.has_expected_balance() && preconditions.expected_balance().minor() != balance) {
    return Verdict::Rejected(reason::kBalanceChanged,
                             "the balance is " + AmountText(balance, unit) + " now, not " +
                                 AmountText(preconditions.expected_balance().minor(), unit));
  }
  if (*difference == 0) {
    step->Flag(flag::kNoChange);
    return Verdict::Applied();
  }
  return PostAndReverseOnArrival(step, account, std::move(code), &voucher);
}

}  // namespace carnet::domain
