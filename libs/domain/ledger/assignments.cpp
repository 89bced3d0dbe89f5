#include "domain/ledger/assignments.h"

#include <string>
#include <utility>

#include "base/fatal.h"
#include "base/money.h"
#include "domain/keys.h"
#include "domain/ledger/book_dates.h"
#include "domain/ledger/reversals.h"
#include "domain/ledger/voucher.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::LEDGER_ACCOUNT_RECEIVABLE;
using carnet::log::v1::LEDGER_ACCOUNT_UNKNOWN_DEBTOR;
using carnet::log::v1::VoucherRow;

// What the unknown debtor owes by a voucher. Transfers and reversals only take back what others
// posted there.
int64_t Assignable(const VoucherRow& voucher) {
  if (voucher.kind() == carnet::v1::VOUCHER_KIND_TRANSFER || voucher.reverses() != 0) return 0;
  return LegOf(voucher, LEDGER_ACCOUNT_UNKNOWN_DEBTOR);
}

Verdict CheckTarget(const VoucherRow& target) {
  if (target.reversed_by() != 0)
    return Verdict::Rejected(reason::kAlreadyReversed, "that voucher is reversed");
  if (Assignable(target) == 0) {
    return Verdict::Rejected(reason::kNothingToAssign,
                             "nobody unknown owes anything by that voucher");
  }
  if (target.assigned_by() != 0) {
    return Verdict::Rejected(reason::kAlreadyAssigned,
                             "that voucher is a customer's already: reverse its transfer first");
  }
  return Verdict::Applied();
}

}  // namespace

Verdict ApplyAssignVoucher(Step* step, Account* account, const carnet::v1::AssignVoucher& assign) {
  NamedVoucher target = FindVoucher(*step, assign.target_source(), assign.target_code());
  if (target.number == 0)
    return Verdict::Rejected(reason::kNotFound, "there is no voucher with that code");
  if (account == nullptr)
    return Verdict::Rejected(reason::kNoCustomer, "say whose it is: name a customer");

  step->effective_day = target.row.effective_day();
  VoucherRow voucher =
      BeginVoucher(*step, carnet::v1::VOUCHER_KIND_TRANSFER, account, target.row.unit());
  voucher.set_code(assign.code());
  const int64_t amount = LegOf(target.row, LEDGER_ACCOUNT_UNKNOWN_DEBTOR);
  voucher.set_total(amount);
  voucher.set_assigns(target.number);
  voucher.set_category(target.row.category());
  if (target.row.has_due_day()) voucher.set_due_day(target.row.due_day());
  SetNote(step, assign.note(), &voucher);
  const auto counter = CheckedNegate(amount);
  if (!counter) return Overflow(*step, "the transfer");
  CARNET_ASSERT(AddLeg(LEDGER_ACCOUNT_RECEIVABLE, amount, &voucher) &&
                AddLeg(LEDGER_ACCOUNT_UNKNOWN_DEBTOR, *counter, &voucher));

  CodeEntry code;
  const CodeUse use = FindCodeUse(*step, voucher, &code);
  if (use == CodeUse::kSameTicket) return SameTicket(step, code);
  if (use == CodeUse::kTaken) return TakenCode(step);
  if (Verdict v = CheckTarget(target.row); !v.applied()) return v;
  if (Verdict v = CheckOpenDay(step, &voucher); !v.applied()) return v;
  if (Verdict v = CheckOpenings(step, account, voucher, voucher.effective_day()); !v.applied())
    return v;

  const Bought bought = BoughtBy(target.row);
  account->AddBought(voucher.unit(),
                     {.voucher = target.number, .effective_day = voucher.effective_day()},
                     bought.net, bought.tax, bought.sales);
  target.row.set_assigned_by(step->merchant.last_voucher() + 1);
  PutRow(&step->state, Family::kEntries, VoucherKey(step->merchant_name(), target.number),
         target.row);
  return PostAndReverseOnArrival(step, account, std::move(code), &voucher);
}

}  // namespace carnet::domain
