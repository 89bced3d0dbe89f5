#include "query/vouchers.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

#include "base/civil_date.h"
#include "base/fatal.h"
#include "base/uuid.h"
#include "domain/keys.h"
#include "query/members.h"
#include "query/names.h"

namespace carnet::query {
namespace {

using carnet::log::v1::LegRow;
using carnet::log::v1::VoucherRow;
using carnet::v1::Voucher;

// LEDGER_ACCOUNT_UNKNOWN_DEBTOR to "unknown-debtor".
std::string AccountName(carnet::log::v1::LedgerAccount account) {
  const std::string& name = carnet::log::v1::LedgerAccount_Name(account);
  return absl::StrReplaceAll(absl::AsciiStrToLower(absl::StripPrefix(name, "LEDGER_ACCOUNT_")),
                             {{"_", "-"}});
}

// Where the note was sealed: the body that became this voucher.
std::string_view NoteField(carnet::v1::VoucherKind kind) {
  switch (kind) {
    case carnet::v1::VOUCHER_KIND_ADJUSTMENT:
      return "set_debt.note";
    case carnet::v1::VOUCHER_KIND_REVERSAL:
      return "reversal.note";
    default:
      return "posting.note";
  }
}

std::string CodeOf(const domain::Reader& reader, std::string_view merchant, uint64_t number) {
  VoucherRow row;
  CARNET_ASSERT(
      GetRow(reader, domain::Family::kEntries, domain::VoucherKey(merchant, number), &row));
  return row.code();
}

bool HasOnAccountPart(const VoucherRow& row) {
  for (const auto& tender : row.tenders()) {
    if (tender.method() == carnet::v1::TENDER_METHOD_ON_ACCOUNT ||
        tender.method() == carnet::v1::TENDER_METHOD_CASH_ON_DELIVERY) {
      return true;
    }
  }
  return false;
}

}  // namespace

void SetAmount(std::string_view unit, int64_t minor, carnet::v1::Amount* amount) {
  amount->set_unit(unit.data(), unit.size());
  amount->set_minor(minor);
  amount->set_decimal(FormatAmount(unit, minor));
}

absl::Status FillVoucher(const domain::Reader& reader, const vault::Opener& opener,
                         std::string_view merchant, uint64_t number, const VoucherRow& row,
                         Voucher* voucher) {
  voucher->set_name(FormatVoucherName(merchant, number));
  voucher->set_kind(row.kind());
  voucher->set_code(row.code());
  if (const auto record = Uuid::FromBytes(row.record())) {
    voucher->set_record(FormatRecordName(*record));
  }
  SetAmount(row.unit(), row.total(), voucher->mutable_total());
  int64_t receivable = 0;  // a voucher that would overflow was refused
  for (const LegRow& leg : row.legs()) {
    if (leg.account() == carnet::log::v1::LEDGER_ACCOUNT_RECEIVABLE) receivable += leg.amount();
    auto* shown = voucher->add_legs();
    shown->set_account(AccountName(leg.account()));
    SetAmount(row.unit(), leg.amount(), shown->mutable_amount());
  }
  SetAmount(row.unit(), receivable, voucher->mutable_receivable());
  SetAmount(row.unit(), row.balance_after(), voucher->mutable_balance_after());
  *voucher->mutable_tenders() = row.tenders();
  for (auto& tender : *voucher->mutable_tenders()) {
    tender.mutable_amount()->set_unit(row.unit());
  }
  voucher->set_effective_date(FormatCivilDay(row.effective_day()));
  voucher->set_recorded_date(FormatCivilDay(row.recorded_day()));
  if (row.has_due_day()) {
    voucher->set_due_date(FormatCivilDay(row.due_day()));
  } else if (HasOnAccountPart(row)) {
    voucher->set_due_date(voucher->effective_date());
  }
  voucher->set_channel(row.channel());
  voucher->set_source(row.source());
  voucher->set_actor(row.actor());
  if (const auto id = Uuid::FromBytes(row.change_id())) voucher->set_change_id(id->ToString());
  voucher->set_change_number(row.change_number());
  *voucher->mutable_flags() = row.flags();
  if (row.reversed_by() != 0) voucher->set_reversed_by(CodeOf(reader, merchant, row.reversed_by()));
  if (row.reverses() != 0) voucher->set_reverses(CodeOf(reader, merchant, row.reverses()));
  voucher->set_category(row.category());
  if (const auto sealed_for = Uuid::FromBytes(row.note_sealed_for());
      sealed_for && row.has_note()) {
    carnet::v1::Personal note = row.note();
    const absl::Status opened =
        opener.OpenValue(merchant, *sealed_for, NoteField(row.kind()), &note);
    if (!opened.ok()) return opened;
    voucher->set_note(note.plain());
  }
  return absl::OkStatus();
}

}  // namespace carnet::query
