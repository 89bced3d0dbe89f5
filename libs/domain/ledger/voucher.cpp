#include "domain/ledger/voucher.h"

#include <algorithm>
#include <vector>

#include "base/civil_date.h"
#include "base/money.h"
#include "domain/customers/erasure.h"
#include "domain/customers/record.h"
#include "domain/keys.h"
#include "domain/ledger/account.h"
#include "domain/ledger/own_account.h"
#include "domain/ledger/posting_table.h"
#include "domain/reasons.h"

namespace carnet::domain {

using carnet::log::v1::LedgerAccount;
using carnet::log::v1::LegRow;
using carnet::log::v1::VoucherRow;
using carnet::v1::Body;

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

namespace {

bool IsErased(const Step& step, const std::string& record) {
  const auto id = Uuid::FromBytes(record);
  carnet::log::v1::AccountRow row;
  return id && GetRow(step.state, Family::kAccounts, RecordKey(step.merchant_name(), *id), &row) &&
         row.has_erased_at_micros();
}

}  // namespace

void SetNote(Step* step, const carnet::v1::Personal& note, VoucherRow* voucher) {
  if (!note.has_sealed()) return;
  const Body& body = step->change.body();
  const bool names_voucher = body.has_reversal() || body.has_assign_voucher();
  if (names_voucher && !step->drop_personal && IsErased(*step, voucher->record())) {
    step->drop_personal = true;
    ForgetWhatWasSaid(step);
  }
  if (step->drop_personal) return;
  *voucher->mutable_note() = note;
  voucher->set_note_sealed_for(std::string(SealedFor(step->change).bytes()));
  if (body.has_posting()) return;
  const auto* field = Body::descriptor()->FindFieldByNumber(static_cast<int>(body.kind_case()));
  voucher->set_note_field(field->name() + ".note");
}

bool AddLeg(LedgerAccount account, int64_t amount, VoucherRow* voucher, bool in_other_unit) {
  if (amount == 0) return true;
  for (LegRow& leg : *voucher->mutable_legs()) {
    if (leg.account() != account || leg.in_other_unit() != in_other_unit) continue;
    const auto sum = CheckedAdd(leg.amount(), amount);
    if (!sum) return false;
    leg.set_amount(*sum);
    return true;
  }
  LegRow* leg = voucher->add_legs();
  leg->set_account(account);
  leg->set_amount(amount);
  leg->set_in_other_unit(in_other_unit);
  return true;
}

int64_t LegOf(const VoucherRow& voucher, LedgerAccount account) {
  for (const LegRow& leg : voucher.legs()) {
    if (leg.account() == account && !leg.in_other_unit()) return leg.amount();
  }
  return 0;
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

VoucherRow ReadVoucher(const Step& step, uint64_t number) {
  VoucherRow row;
  Require(GetRow(step.state, Family::kEntries, VoucherKey(step.merchant_name(), number), &row),
          "a number stands for a voucher");
  return row;
}

NamedVoucher FindVoucher(const Step& step, std::string_view source, std::string_view code) {
  NamedVoucher named;
  named.number =
      FindCode(step, source.empty() ? std::string_view(step.change.source()) : source, code)
          .row.number();
  if (named.number == 0) named.number = FindCode(step, {}, code).row.number();
  if (named.number != 0) named.row = ReadVoucher(step, named.number);
  return named;
}

CodeUse FindCodeUse(const Step& step, const VoucherRow& voucher, CodeEntry* entry) {
  *entry = {};
  if (voucher.code().empty()) return CodeUse::kFree;
  *entry = FindCode(step, voucher.source(), voucher.code());
  if (entry->row.number() == 0) return CodeUse::kFree;
  const VoucherRow other = ReadVoucher(step, entry->row.number());
  const bool same_ticket = other.kind() == voucher.kind() && other.record() == voucher.record() &&
                           other.occurred_at_micros() == voucher.occurred_at_micros() &&
                           other.unit() == voucher.unit() && other.total() == voucher.total();
  if (same_ticket) return CodeUse::kSameTicket;
  // A counter that began anew hides older tickets, which may be sent again all the same.
  carnet::log::v1::CodeRow older;
  if (!GetRow(step.state, Family::kCodes, TicketKey(step.merchant_name(), voucher), &older))
    return CodeUse::kTaken;
  entry->row.set_number(older.number());
  return CodeUse::kSameTicket;
}

Verdict SameTicket(Step* step, const CodeEntry& entry) {
  step->voucher = entry.row.number();
  step->voucher_code = ReadVoucher(*step, entry.row.number()).code();
  step->Flag(flag::kNaturalKey);
  return Verdict::Duplicate();
}

Verdict TakenCode(Step* step) {
  if (!step->is_fact()) {
    return Verdict::Rejected(reason::kCodeTaken,
                             "this source has another voucher with that code; use a new code");
  }
  step->Flag(flag::kCodeReused);
  return Verdict::Applied();
}

Verdict CheckOpenings(Step* step, const Account* account, const VoucherRow& voucher, int32_t day) {
  if (account == nullptr) return Verdict::Applied();
  std::optional<int32_t> opening;
  bool has_leg = false;
  const auto look_at = [&](Side side, const std::string& unit) {
    const auto one = account->OpeningDay(side, unit);
    if (one && (!opening || *one > *opening)) opening = one;
  };
  for (const LegRow& leg : voucher.legs()) {
    if (!IsCustomerAccount(leg.account())) continue;
    has_leg = true;
    look_at(SideOf(leg.account()), leg.in_other_unit() ? voucher.other_unit() : voucher.unit());
  }
  // What was paid at once is older than the opening all the same.
  if (!has_leg) look_at(Side::kReceivable, voucher.unit());
  if (!opening || day >= *opening) return Verdict::Applied();
  if (!step->is_fact()) {
    return Verdict::Rejected(reason::kBeforeOpening, "the customer's opening balance counts from " +
                                                         FormatCivilDay(*opening));
  }
  step->Flag(flag::kBeforeOpening);
  return Verdict::Applied();
}

namespace {

// What the legs do to the accounts of the voucher's record.
struct CustomerLegs {
  int64_t receivable = 0;
  int64_t other_receivable = 0;
  std::optional<int64_t> payable;
};

// Posts the legs to the merchant's own accounts and to the payable's control account, and gives
// back those of the record. Nothing on overflow;
// then `account` is the one that overflowed.
std::optional<CustomerLegs> PostOwnLegs(Step* step, const VoucherRow& voucher,
                                        LedgerAccount* account) {
  __int128 sum = 0;
  __int128 other_sum = 0;
  CustomerLegs legs;
  const std::string_view money_source =
      voucher.money_source().empty() ? voucher.source() : voucher.money_source();
  for (const LegRow& leg : voucher.legs()) {
    (leg.in_other_unit() ? other_sum : sum) += leg.amount();
    if (leg.account() == carnet::log::v1::LEDGER_ACCOUNT_RECEIVABLE) {
      (leg.in_other_unit() ? legs.other_receivable : legs.receivable) = leg.amount();
      continue;  // what all customers owe is what balances the merchant's other accounts
    }
    if (leg.account() == carnet::log::v1::LEDGER_ACCOUNT_PAYABLE) legs.payable = leg.amount();
    const std::string_view source =
        IsMoneyAccount(leg.account()) ? money_source : std::string_view();
    const std::string& unit = leg.in_other_unit() ? voucher.other_unit() : voucher.unit();
    if (!PostToOwnAccount(step, leg.account(), unit, source, voucher.effective_day(),
                          leg.amount())) {
      *account = leg.account();
      return std::nullopt;
    }
  }
  Require(sum == 0 && other_sum == 0, "debits equal credits");
  return legs;
}

// A voucher that touches neither account stands among the receivable's postings, with zero: so each
// voucher of a customer is found from its accounts.
bool PostCustomerLegs(const CustomerLegs& legs, uint64_t number, Account* account,
                      VoucherRow* voucher) {
  Posting posting = {.voucher = number,
                     .effective_day = voucher->effective_day(),
                     .recorded_day = voucher->recorded_day()};
  if (legs.payable) {
    posting.amount = *legs.payable;
    if (!account->Post(Side::kPayable, voucher->unit(), posting)) return false;
    voucher->set_payable_after(account->Balance(Side::kPayable, voucher->unit()));
  }
  if (!legs.payable || legs.receivable != 0) {
    posting.amount = legs.receivable;
    if (!account->Post(Side::kReceivable, voucher->unit(), posting)) return false;
  }
  voucher->set_balance_after(account->Balance(Side::kReceivable, voucher->unit()));
  if (!voucher->other_unit().empty()) {
    posting.amount = legs.other_receivable;
    if (!account->Post(Side::kReceivable, voucher->other_unit(), posting)) return false;
    voucher->set_other_amount(legs.other_receivable);
    voucher->set_other_balance_after(account->Balance(Side::kReceivable, voucher->other_unit()));
  }
  if (voucher->kind() == carnet::v1::VOUCHER_KIND_OPENING) {
    account->SetOpening(legs.payable ? Side::kPayable : Side::kReceivable, voucher->unit(), number,
                        voucher->effective_day());
  }
  if (const Bought bought = BoughtBy(*voucher); bought.net != 0 || bought.tax != 0) {
    account->AddBought(voucher->unit(), posting, bought.net, bought.tax, bought.sales);
  }
  return true;
}

}  // namespace

Bought BoughtBy(const VoucherRow& voucher) {
  Bought bought;
  for (const LegRow& leg : voucher.legs()) {
    switch (leg.account()) {
      // A sale credits, a return or a reversal of a sale debits: so what was bought follows.
      case carnet::log::v1::LEDGER_ACCOUNT_SALES:
        bought.net -= leg.amount();
        bought.sales = leg.amount() < 0 ? 1 : -1;
        break;
      case carnet::log::v1::LEDGER_ACCOUNT_RETURNS:
        bought.net -= leg.amount();
        break;
      case carnet::log::v1::LEDGER_ACCOUNT_TAX:
        bought.tax -= leg.amount();
        break;
      case carnet::log::v1::LEDGER_ACCOUNT_PAYABLE:
        return {};  // this we bought
      default:
        break;
    }
  }
  return bought;
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

  LedgerAccount overflowed = carnet::log::v1::LEDGER_ACCOUNT_UNSPECIFIED;
  const auto legs = PostOwnLegs(step, *voucher, &overflowed);
  if (!legs) {
    return Overflow(*step, "the merchant's account " + std::string(AccountName(overflowed)));
  }
  step->feed.VoucherPosted(number);
  if (account != nullptr) {
    if (!PostCustomerLegs(*legs, number, account, voucher)) {
      return Overflow(*step, "the customer's account");
    }
    account->Write();
  } else {
    Require(legs->receivable == 0 && legs->other_receivable == 0 && !legs->payable,
            "nobody owes what a walk-in bought");
  }

  if (code.row.number() != 0) {
    carnet::log::v1::CodeRow older;
    older.set_number(code.row.number());
    PutRow(&step->state, Family::kCodes, TicketKey(merchant, ReadVoucher(*step, older.number())),
           older);
  }
  code.row.set_number(number);
  PutRow(&step->state, Family::kCodes, std::move(code.key), code.row);
  PutRow(&step->state, Family::kEntries, VoucherKey(merchant, number), *voucher);
  step->voucher = number;
  step->voucher_code = voucher->code();
  return Verdict::Applied();
}

}  // namespace carnet::domain
