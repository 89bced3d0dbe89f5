#include "domain/ledger/reversals.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/money.h"
#include "domain/keys.h"
#include "domain/ledger/account.h"
#include "domain/ledger/book_dates.h"
#include "domain/ledger/posting_table.h"
#include "domain/ledger/voucher.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::PendingVoid;
using carnet::log::v1::VoucherRow;

// A transfer is undone: what it assigned is the unknown debtor's again.
void UndoAssignment(Step* step, const VoucherRow& transfer, Account* account) {
  VoucherRow assigned = ReadVoucher(*step, transfer.assigns());
  assigned.clear_assigned_by();
  PutRow(&step->state, Family::kEntries, VoucherKey(step->merchant_name(), transfer.assigns()),
         assigned);
  const Bought bought = BoughtBy(assigned);
  account->ForgetSale(transfer.unit(), transfer.assigns());
  account->AddBought(transfer.unit(), {}, -bought.net, -bought.tax, -bought.sales);
}

// Negates every leg of `target` into `voucher` (of which channel, dates and code are set) and posts
// it. `account` is the target's, null for a walk-in.
Verdict PostReversal(Step* step, uint64_t target_number, VoucherRow target, Account* account,
                     CodeEntry code, VoucherRow voucher) {
  voucher.set_reverses(target_number);
  voucher.set_total(target.total());
  voucher.set_other_unit(target.other_unit());
  // Money goes back out of the till that took it.
  const std::string& money_source =
      target.money_source().empty() ? target.source() : target.money_source();
  if (money_source != voucher.source()) voucher.set_money_source(money_source);
  for (const auto& leg : target.legs()) {
    const auto amount = CheckedNegate(leg.amount());
    if (!amount || !AddLeg(leg.account(), *amount, &voucher, leg.in_other_unit()))
      return Overflow(*step, "the reversal");
  }
  if (target.kind() == carnet::v1::VOUCHER_KIND_OPENING) {
    const bool payable = LegOf(target, carnet::log::v1::LEDGER_ACCOUNT_PAYABLE) != 0;
    account->SetOpening(payable ? Side::kPayable : Side::kReceivable, target.unit(), 0, 0);
  }
  if (account != nullptr) account->ForgetSale(target.unit(), target_number);
  if (target.assigns() != 0) UndoAssignment(step, target, account);
  if (Verdict verdict = PostVoucher(step, account, std::move(code), &voucher); !verdict.applied())
    return verdict;
  const uint64_t number = step->merchant.last_voucher();
  target.set_reversed_by(number);
  PutRow(&step->state, Family::kEntries, VoucherKey(step->merchant_name(), target_number), target);
  step->feed.VoucherReversed(target_number, number);
  return Verdict::Applied();
}

// What was assigned to a customer is undone with its transfer: that customer owes it no more.
// Generated code; same dates as `reversal`.
Verdict ReverseTransfer(Step* step, uint64_t transfer_number, const VoucherRow& reversal) {
  VoucherRow transfer = ReadVoucher(*step, transfer_number);
  Account account(step, *Uuid::FromBytes(transfer.record()));
  VoucherRow voucher =
      BeginVoucher(*step, carnet::v1::VOUCHER_KIND_REVERSAL, &account, transfer.unit());
  voucher.set_effective_day(reversal.effective_day());
  if (Verdict v = CheckOpenings(step, &account, transfer, voucher.effective_day()); !v.applied())
    return v;
  return PostReversal(step, transfer_number, std::move(transfer), &account, {}, std::move(voucher));
}

// Posts the reversal on the first open day and, where its target was assigned to a customer, that
// of the transfer. A reversal is a voucher of its own: it may not count before an opening either.
Verdict ReverseWithTransfer(Step* step, uint64_t number, VoucherRow target, Account* account,
                            CodeEntry code, VoucherRow voucher) {
  if (Verdict v = CheckOpenDay(step, &voucher); !v.applied()) return v;
  if (Verdict v = CheckOpenings(step, account, target, voucher.effective_day()); !v.applied())
    return v;
  if (target.assigned_by() != 0) {
    if (Verdict v = ReverseTransfer(step, target.assigned_by(), voucher); !v.applied()) return v;
    target.clear_assigned_by();
  }
  return PostReversal(step, number, std::move(target), account, std::move(code),
                      std::move(voucher));
}

// What a void of something that can't be undone comes to: a FACT stands, without effect.
Verdict CannotReverse(Step* step, std::string_view name, std::string detail) {
  if (!step->is_fact()) return Verdict::Rejected(name, std::move(detail));
  step->Flag(name);
  return Verdict::Applied();
}

Verdict WaitForTarget(Step* step, std::string_view source, const carnet::v1::Reversal& reversal) {
  CodeEntry entry = FindCode(*step, source, reversal.target_code());
  if (entry.row.has_pending_void()) {  // one void is as good as two
    step->Flag(flag::kNoChange);
  } else {
    PendingVoid* pending = entry.row.mutable_pending_void();
    pending->set_change_id(step->change.id());
    pending->set_change_number(step->number);
    pending->set_channel(step->change.channel());
    pending->set_source(step->change.source());
    pending->set_actor(step->change.actor());
    pending->set_code(reversal.code());
    pending->set_effective_day(step->effective_day);
    pending->set_occurred_at_micros(step->change.occurred_at_micros());
    PutRow(&step->state, Family::kCodes, std::move(entry.key), entry.row);
  }
  step->Flag(flag::kPendingTarget);
  return Verdict::Applied();
}

}  // namespace

Verdict ApplyReversal(Step* step, const carnet::v1::Reversal& reversal) {
  NamedVoucher target = FindVoucher(*step, reversal.target_source(), reversal.target_code());
  if (target.number == 0) {
    const std::string& source =
        reversal.target_source().empty() ? step->change.source() : reversal.target_source();
    if (step->is_fact()) return WaitForTarget(step, source, reversal);
    return Verdict::Rejected(reason::kNotFound,
                             "source " + source + " has no voucher with that code");
  }
  step->record = Uuid::FromBytes(target.row.record());
  std::optional<Account> account;
  if (step->record) account.emplace(step, *step->record);
  Account* const target_account = account ? &*account : nullptr;

  VoucherRow voucher =
      BeginVoucher(*step, carnet::v1::VOUCHER_KIND_REVERSAL, target_account, target.row.unit());
  voucher.set_code(reversal.code());
  voucher.set_total(target.row.total());
  // It can't count before what it undoes.
  voucher.set_effective_day(std::max(voucher.effective_day(), target.row.effective_day()));
  SetNote(step, reversal.note(), &voucher);
  // The same void sent again under a new id is the same ticket, not a second attempt: look at codes
  // first.
  CodeEntry code;
  const CodeUse use = FindCodeUse(*step, voucher, &code);
  if (use == CodeUse::kSameTicket) return SameTicket(step, code);
  if (use == CodeUse::kTaken) {
    if (Verdict v = TakenCode(step); !v.applied()) return v;
  }
  if (FindPostingRule(target.row.kind())->has(kFinal)) {
    return CannotReverse(step, reason::kNotReversible,
                         "a reversal can't be reversed: post the voucher anew");
  }
  if (target.row.reversed_by() != 0) {
    return CannotReverse(step, reason::kAlreadyReversed, "that voucher is reversed already");
  }
  return ReverseWithTransfer(step, target.number, std::move(target.row), target_account,
                             std::move(code), std::move(voucher));
}

Verdict PostAndReverseOnArrival(Step* step, Account* account, CodeEntry code, VoucherRow* voucher) {
  const bool is_void = code.row.has_pending_void();
  const PendingVoid pending = is_void ? code.row.pending_void() : PendingVoid();
  code.row.clear_pending_void();
  if (Verdict verdict = PostVoucher(step, account, std::move(code), voucher);
      !verdict.applied() || !is_void) {
    return verdict;
  }
  const uint64_t target_number = step->voucher;
  VoucherRow reversal =
      BeginVoucher(*step, carnet::v1::VOUCHER_KIND_REVERSAL, account, voucher->unit());
  reversal.set_code(pending.code());
  reversal.set_channel(pending.channel());
  reversal.set_source(pending.source());
  reversal.set_actor(pending.actor());
  reversal.set_change_id(pending.change_id());
  reversal.set_change_number(pending.change_number());
  reversal.set_occurred_at_micros(pending.occurred_at_micros());
  // It can't count before what it undoes, nor was it known to undo anything before today.
  reversal.set_effective_day(std::max(pending.effective_day(), voucher->effective_day()));
  step->Flag(flag::kReversedOnArrival);
  CodeEntry reversal_code;
  if (!reversal.code().empty()) reversal_code = FindCode(*step, reversal.source(), reversal.code());
  Verdict verdict = PostReversal(step, target_number, *voucher, account, std::move(reversal_code),
                                 std::move(reversal));
  // The change is the sale's: that is the voucher its outcome tells of.
  step->voucher = target_number;
  step->voucher_code = voucher->code();
  return verdict;
}

Verdict ReverseVoucher(Step* step, uint64_t number, Account* account) {
  VoucherRow target = ReadVoucher(*step, number);
  if (target.reversed_by() != 0) return Verdict::Applied();
  VoucherRow voucher =
      BeginVoucher(*step, carnet::v1::VOUCHER_KIND_REVERSAL, account, target.unit());
  voucher.set_effective_day(std::max(step->effective_day, target.effective_day()));
  return ReverseWithTransfer(step, number, std::move(target), account, CodeEntry(),
                             std::move(voucher));
}

}  // namespace carnet::domain
