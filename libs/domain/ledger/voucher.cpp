#include "domain/ledger/voucher.h"

#include <algorithm>
#include <vector>

#include "base/money.h"
#include "domain/customers/record.h"
#include "domain/keys.h"
#include "domain/ledger/account.h"
#include "domain/ledger/posting_table.h"
#include "domain/reasons.h"

namespace carnet::domain {

using carnet::log::v1::CodeRow;
using carnet::log::v1::LegRow;
using carnet::log::v1::VoucherRow;

VoucherRow BeginVoucher(const Step& step, carnet::v1::VoucherKind kind, const Account* account,
                        std::string_view unit) {
  VoucherRow voucher;
  voucher.set_kind(kind);
  if (account != nullptr) voucher.set_record(std::string(account->record().bytes()));
  if (step.contact) voucher.set_contact(std::string(step.contact->bytes()));
  voucher.set_unit(std::string(unit));
  voucher.set_effective_day(step.effective_day);
  voucher.set_recorded_day(step.recorded_day);
  voucher.set_channel(step.change.channel());
  voucher.set_source(step.change.source());
  voucher.set_actor(step.change.actor());
  voucher.set_change_id(step.change.id());
  voucher.set_change_number(step.number);
  voucher.set_occurred_at_micros(step.change.occurred_at_micros());
  return voucher;
}

void SetNote(const Step& step, const carnet::v1::Personal& note, VoucherRow* voucher) {
  if (!note.has_sealed()) return;
  *voucher->mutable_note() = note;
  const Uuid sealed_for =
      ContactRecordId(step.merchant_name(), step.change.channel(), step.change.source(),
                      step.change.external_id(), Uuid::FromBytes(step.change.customer_id()));
  voucher->set_note_sealed_for(std::string(sealed_for.bytes()));
}

bool AddLeg(carnet::log::v1::LedgerAccount account, int64_t amount, VoucherRow* voucher) {
  if (amount == 0) return true;
  for (LegRow& leg : *voucher->mutable_legs()) {
    if (leg.account() != account) continue;
    const auto sum = CheckedAdd(leg.amount(), amount);
    if (!sum) return false;
    leg.set_amount(*sum);
    return true;
  }
  LegRow* leg = voucher->add_legs();
  leg->set_account(account);
  leg->set_amount(amount);
  return true;
}

Verdict Overflow(const Step& step, std::string_view what) {
  std::string detail(what);
  detail += " would exceed what 64 bits hold";
  return step.is_fact() ? Verdict::DeadLetter(reason::kOverflow, std::move(detail))
                        : Verdict::Rejected(reason::kOverflow, std::move(detail));
}

CodeEntry FindCode(const Step& step, std::string_view source, std::string_view code) {
  CodeEntry entry;
  entry.key = CodeKey(step.merchant_name(), source, code);
  GetRow(step.state, Family::kCodes, entry.key, &entry.row);
  return entry;
}

Verdict CheckCode(Step* step, const VoucherRow& voucher, CodeEntry* entry) {
  *entry = {};
  if (voucher.code().empty()) return Verdict::Applied();
  *entry = FindCode(*step, voucher.source(), voucher.code());
  if (entry->row.number() == 0) return Verdict::Applied();
  VoucherRow other;
  Require(GetRow(step->state, Family::kEntries,
                 VoucherKey(step->merchant_name(), entry->row.number()), &other),
          "a code stands for a voucher");
  const bool same_ticket = other.kind() == voucher.kind() && other.record() == voucher.record() &&
                           other.occurred_at_micros() == voucher.occurred_at_micros() &&
                           other.unit() == voucher.unit() && other.total() == voucher.total();
  if (same_ticket) {
    step->voucher = entry->row.number();
    step->voucher_code = voucher.code();
    step->Flag(flag::kNaturalKey);
    return Verdict::Duplicate();
  }
  if (!step->is_fact()) {
    return Verdict::Rejected(reason::kCodeTaken,
                             "this source has another voucher with that code; use a new code");
  }
  step->Flag(flag::kCodeReused);
  return Verdict::Applied();
}

Verdict PostVoucher(Step* step, Account* account, CodeEntry code, VoucherRow* voucher) {
  const std::string& merchant = step->merchant_name();
  const uint64_t number = step->merchant.last_voucher() + 1;
  step->merchant.set_last_voucher(number);
  if (voucher->code().empty()) {
    const uint64_t generated = step->merchant.last_generated_code() + 1;
    step->merchant.set_last_generated_code(generated);
    voucher->set_code("V-" + std::to_string(generated));
    // Beside the sources' own codes, which may look the same. Nobody can have used it.
    code.key = CodeKey(merchant, {}, voucher->code());
  }

  // What was noticed up to here; sorted as in the outcome.
  std::vector<std::string_view> flags = step->flags;
  std::sort(flags.begin(), flags.end());
  for (std::string_view flag : flags) voucher->add_flags(std::string(flag));

  __int128 sum = 0;
  int64_t receivable = 0;
  int64_t bought_net = 0;
  int64_t bought_tax = 0;
  int sales = 0;
  const std::string_view money_source =
      voucher->money_source().empty() ? voucher->source() : voucher->money_source();
  for (const LegRow& leg : voucher->legs()) {
    sum += leg.amount();
    if (leg.account() == carnet::log::v1::LEDGER_ACCOUNT_RECEIVABLE) {
      receivable = leg.amount();
      continue;
    }
    // A sale credits, a return or a reversal of a sale debits: so what was bought follows.
    if (leg.account() == carnet::log::v1::LEDGER_ACCOUNT_SALES) {
      bought_net -= leg.amount();
      sales = leg.amount() < 0 ? 1 : -1;
    } else if (leg.account() == carnet::log::v1::LEDGER_ACCOUNT_RETURNS) {
      bought_net -= leg.amount();
    } else if (leg.account() == carnet::log::v1::LEDGER_ACCOUNT_TAX) {
      bought_tax -= leg.amount();
    }
    const std::string_view source =
        IsMoneyAccount(leg.account()) ? money_source : std::string_view();
    if (!PostToOwnAccount(step, leg.account(), voucher->unit(), source, leg.amount())) {
      return Overflow(*step, "the merchant's account " + std::string(AccountName(leg.account())));
    }
  }
  Require(sum == 0, "debits equal credits");

  step->feed.VoucherPosted(number);
  if (account != nullptr) {
    const int64_t before = account->Balance(voucher->unit());
    const Posting posting = {.voucher = number,
                             .effective_day = voucher->effective_day(),
                             .recorded_day = voucher->recorded_day(),
                             .amount = receivable};
    if (!account->Post(voucher->unit(), posting)) return Overflow(*step, "the customer's account");
    if (bought_net != 0 || bought_tax != 0) {
      account->AddBought(voucher->unit(), posting, bought_net, bought_tax, sales);
    }
    if (voucher->kind() == carnet::v1::VOUCHER_KIND_OPENING) {
      account->SetOpening(voucher->unit(), number, voucher->effective_day());
    }
    voucher->set_balance_after(account->Balance(voucher->unit()));
    account->Write(voucher->unit(), before);
  } else {
    Require(receivable == 0, "nobody owes what a walk-in bought");
  }

  code.row.set_number(number);
  PutRow(&step->state, Family::kCodes, std::move(code.key), code.row);
  PutRow(&step->state, Family::kEntries, VoucherKey(merchant, number), *voucher);
  step->voucher = number;
  step->voucher_code = voucher->code();
  return Verdict::Applied();
}

}  // namespace carnet::domain
