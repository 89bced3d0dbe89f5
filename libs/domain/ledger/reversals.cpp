#include "domain/ledger/reversals.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/money.h"
#include "domain/keys.h"
#include "domain/ledger/account.h"
#include "domain/ledger/posting_table.h"
#include "domain/ledger/voucher.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::PendingVoid;
using carnet::log::v1::VoucherRow;

// Negates every leg of `target` into `voucher` (of which channel, dates and code are set) and posts
// it. `account` is the target's, null for a walk-in.
Verdict PostReversal(Step* step, uint64_t target_number, VoucherRow target, Account* account,
                     CodeEntry code, VoucherRow voucher) {
  voucher.set_reverses(target_number);
  voucher.set_total(target.total());
  // Money goes back out of the till that took it.
  const std::string& money_source =
      target.money_source().empty() ? target.source() : target.money_source();
  if (money_source != voucher.source()) voucher.set_money_source(money_source);
  for (const auto& leg : target.legs()) {
    const auto amount = CheckedNegate(leg.amount());
    if (!amount || !AddLeg(leg.account(), *amount, &voucher))
      return Overflow(*step, "the reversal");
  }
  if (target.kind() == carnet::v1::VOUCHER_KIND_OPENING) account->SetOpening(target.unit(), 0, 0);
  if (account != nullptr) account->ForgetSale(target.unit(), target_number);
  if (Verdict verdict = PostVoucher(step, account, std::move(code), &voucher); !verdict.applied())
    return verdict;
  const uint64_t number = step->merchant.last_voucher();
  target.set_reversed_by(number);
  PutRow(&step->state, Family::kEntries, VoucherKey(step->merchant_name(), target_number), target);
  step->feed.VoucherReversed(target_number, number);
  return Verdict::Applied();
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
  const std::string_view source = reversal.target_source().empty()
                                      ? std::string_view(step->change.source())
                                      : std::string_view(reversal.target_source());
  CodeEntry entry = FindCode(*step, source, reversal.target_code());
  if (entry.row.number() == 0) {
    const CodeEntry generated = FindCode(*step, {}, reversal.target_code());
    if (generated.row.number() != 0) entry = generated;
  }
  const uint64_t target_number = entry.row.number();
  if (target_number == 0) {
    if (step->is_fact()) return WaitForTarget(step, source, reversal);
    return Verdict::Rejected(reason::kNotFound,
                             "source " + std::string(source) + " has no voucher with that code");
  }
  VoucherRow target;
  Require(GetRow(step->state, Family::kEntries, VoucherKey(step->merchant_name(), target_number),
                 &target),
          "a code stands for a voucher");
  step->record = Uuid::FromBytes(target.record());
  std::optional<Account> account;
  if (step->record) account.emplace(step, *step->record);
  Account* const target_account = account ? &*account : nullptr;

  VoucherRow voucher =
      BeginVoucher(*step, carnet::v1::VOUCHER_KIND_REVERSAL, target_account, target.unit());
  voucher.set_code(reversal.code());
  voucher.set_total(target.total());
  // The same void sent again under a new id is the same ticket, not a second attempt: look at codes
  // first.
  CodeEntry code;
  if (Verdict verdict = CheckCode(step, voucher, &code); !verdict.applied()) return verdict;
  if (!FindPostingRule(target.kind())->reversible) {
    return CannotReverse(step, reason::kNotReversible,
                         "a reversal can't be reversed: post the voucher anew");
  }
  if (target.reversed_by() != 0) {
    return CannotReverse(step, reason::kAlreadyReversed, "that voucher is reversed already");
  }
  SetNote(*step, reversal.note(), &voucher);
  return PostReversal(step, target_number, std::move(target), target_account, std::move(code),
                      std::move(voucher));
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
  VoucherRow target;
  Require(GetRow(step->state, Family::kEntries, VoucherKey(step->merchant_name(), number), &target),
          "a voucher that an order posted is there");
  if (target.reversed_by() != 0) return Verdict::Applied();
  VoucherRow voucher =
      BeginVoucher(*step, carnet::v1::VOUCHER_KIND_REVERSAL, account, target.unit());
  voucher.set_effective_day(std::max(step->effective_day, target.effective_day()));
  return PostReversal(step, number, std::move(target), account, CodeEntry(), std::move(voucher));
}

}  // namespace carnet::domain
