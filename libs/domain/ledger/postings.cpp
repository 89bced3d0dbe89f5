#include "domain/ledger/postings.h"

#include <string>

#include "base/civil_date.h"
#include "base/fatal.h"
#include "base/money.h"
#include "domain/ledger/account.h"
#include "domain/ledger/posting_table.h"
#include "domain/ledger/reversals.h"
#include "domain/ledger/voucher.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::LEDGER_ACCOUNT_RECEIVABLE;
using carnet::log::v1::LEDGER_ACCOUNT_ROUNDING;
using carnet::log::v1::LEDGER_ACCOUNT_TAX;
using carnet::log::v1::LEDGER_ACCOUNT_UNKNOWN_DEBTOR;
using carnet::log::v1::LedgerAccount;
using carnet::log::v1::VoucherRow;

std::string AmountText(int64_t minor, std::string_view unit) {
  return FormatDecimal(minor, CurrencyExponent(unit).value_or(0)) + " " + std::string(unit);
}

// Legs as the table says; without a customer, what would be theirs goes to the unknown debtor. The
// form has been checked, so single sums can't overflow, but a leg that merges several tenders can.
bool AddLegs(const PostingRule& rule, const carnet::v1::Posting& posting, bool has_customer,
             VoucherRow* voucher) {
  const auto account_for = [&](LedgerAccount account) {
    return account == LEDGER_ACCOUNT_RECEIVABLE && !has_customer ? LEDGER_ACCOUNT_UNKNOWN_DEBTOR
                                                                 : account;
  };
  const auto add = [&](LedgerAccount account, int64_t amount, int sign) {
    const auto signed_amount = sign < 0 ? CheckedNegate(amount) : std::optional(amount);
    return signed_amount && AddLeg(account_for(account), *signed_amount, voucher);
  };
  const int64_t total = posting.total().minor();
  const int64_t tax = posting.tax().minor();
  if (rule.tenders == Tenders::kNone && !add(LEDGER_ACCOUNT_RECEIVABLE, total, rule.sign))
    return false;
  for (const auto& tender : posting.tenders()) {
    if (!add(AccountOfMethod(tender.method()), tender.amount().minor(), rule.sign)) return false;
  }
  const auto net = CheckedAdd(total, -tax);  // 0 <= tax <= total
  return net && add(rule.counterpart, *net, -rule.sign) &&
         add(LEDGER_ACCOUNT_TAX, tax, -rule.sign) &&
         add(LEDGER_ACCOUNT_ROUNDING, posting.rounding().minor(), -rule.sign);
}

bool TouchesReceivable(const VoucherRow& voucher) {
  for (const auto& leg : voucher.legs()) {
    if (leg.account() == LEDGER_ACCOUNT_RECEIVABLE ||
        leg.account() == LEDGER_ACCOUNT_UNKNOWN_DEBTOR)
      return true;
  }
  return false;
}

// Rules that depend on the customer's account: a missing customer, a second opening, a date before
// the opening.
Verdict CheckAccount(Step* step, const PostingRule& rule, const Account* account,
                     const VoucherRow& voucher) {
  if (account == nullptr) {
    if (!rule.needs_customer && !TouchesReceivable(voucher)) return Verdict::Applied();
    if (!step->is_fact()) {
      return Verdict::Rejected(
          reason::kNoCustomer,
          "a " + std::string(rule.name) + " that someone owes needs a customer: name one");
    }
    step->Flag(flag::kNoCustomer);
    return Verdict::Applied();
  }
  const auto opening = account->OpeningDay(voucher.unit());
  if (!opening) return Verdict::Applied();
  if (rule.kind == carnet::v1::VOUCHER_KIND_OPENING) {
    return Verdict::Rejected(reason::kAlreadyOpened, "this customer has an opening balance in " +
                                                         voucher.unit() + "; reverse it first");
  }
  if (voucher.effective_day() >= *opening) return Verdict::Applied();
  if (!step->is_fact()) {
    return Verdict::Rejected(reason::kBeforeOpening, "the customer's opening balance counts from " +
                                                         FormatCivilDay(*opening));
  }
  step->Flag(flag::kBeforeOpening);
  return Verdict::Applied();
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
  SetNote(*step, posting.note(), &voucher);

  CodeEntry code;
  if (Verdict verdict = CheckCode(step, voucher, &code); !verdict.applied()) return verdict;
  if (!AddLegs(*rule, posting, account != nullptr, &voucher))
    return Overflow(*step, "a sum of its tenders");
  if (Verdict verdict = CheckAccount(step, *rule, account, voucher); !verdict.applied())
    return verdict;
  return PostAndReverseOnArrival(step, account, std::move(code), &voucher);
}

Verdict ApplySetDebt(Step* step, Account* account, const carnet::v1::SetDebt& set_debt) {
  if (account == nullptr)
    return Verdict::Rejected(reason::kNoCustomer, "a debt needs a customer: name one");
  const std::string& unit = set_debt.target().unit();
  const int64_t balance = account->Balance(unit);

  const auto& preconditions = step->change.preconditions();
  if (preconditions.has_expected_balance() && preconditions.expected_balance().minor() != balance) {
    return Verdict::Rejected(reason::kBalanceChanged,
                             "the balance is " + AmountText(balance, unit) + " now, not " +
                                 AmountText(preconditions.expected_balance().minor(), unit));
  }
  const auto negated = CheckedNegate(balance);
  const auto difference = negated ? CheckedAdd(set_debt.target().minor(), *negated) : std::nullopt;
  const auto counter = difference ? CheckedNegate(*difference) : std::nullopt;
  if (!counter) return Overflow(*step, "the adjustment");
  if (*difference == 0) {
    step->Flag(flag::kNoChange);
    return Verdict::Applied();
  }
  // Never backdated: the author speaks of the balance as it is.
  step->effective_day = step->recorded_day;
  VoucherRow voucher = BeginVoucher(*step, carnet::v1::VOUCHER_KIND_ADJUSTMENT, account, unit);
  voucher.set_code(set_debt.code());
  voucher.set_total(*difference);
  SetNote(*step, set_debt.note(), &voucher);
  CodeEntry code;
  if (Verdict verdict = CheckCode(step, voucher, &code); !verdict.applied()) return verdict;
  // Two legs of different accounts: nothing to merge, so nothing can overflow.
  const PostingRule* rule = FindPostingRule(carnet::v1::VOUCHER_KIND_ADJUSTMENT);
  CARNET_ASSERT(AddLeg(LEDGER_ACCOUNT_RECEIVABLE, *difference, &voucher) &&
                AddLeg(rule->counterpart, *counter, &voucher));
  return PostAndReverseOnArrival(step, account, std::move(code), &voucher);
}

}  // namespace carnet::domain
