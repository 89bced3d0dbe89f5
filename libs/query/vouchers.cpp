#include "query/vouchers.h"

#include <string>

#include "base/civil_date.h"
#include "base/fatal.h"
#include "base/uuid.h"
#include "domain/keys.h"
#include "domain/ledger/posting_table.h"
#include "query/members.h"
#include "query/names.h"

namespace carnet::query {
namespace {

using carnet::log::v1::LegRow;
using carnet::log::v1::VoucherRow;
using carnet::v1::Voucher;

std::string CodeOf(const domain::Reader& reader, std::string_view merchant, uint64_t number) {
  VoucherRow row;
  CARNET_ASSERT(
      GetRow(reader, domain::Family::kEntries, domain::VoucherKey(merchant, number), &row));
  return row.code();
}

// Both at once only in an offset and its reversal, which leave their sum as it was.
carnet::v1::VoucherDirection DirectionOf(int64_t receivable, int64_t payable) {
  const int64_t owed = receivable != 0 && payable != 0 ? 0 : receivable + payable;
  return owed < 0   ? carnet::v1::VOUCHER_DIRECTION_RECEIPT
         : owed > 0 ? carnet::v1::VOUCHER_DIRECTION_PAYMENT
                    : carnet::v1::VOUCHER_DIRECTION_UNSPECIFIED;
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
  int64_t payable = 0;
  int64_t tax = 0;
  for (const LegRow& leg : row.legs()) {
    auto* shown = voucher->add_legs();
    shown->set_account(std::string(domain::AccountName(leg.account())));
    SetAmount(leg.in_other_unit() ? row.other_unit() : row.unit(), leg.amount(),
              shown->mutable_amount());
    if (leg.in_other_unit()) continue;
    if (leg.account() == carnet::log::v1::LEDGER_ACCOUNT_RECEIVABLE) receivable = leg.amount();
    if (leg.account() == carnet::log::v1::LEDGER_ACCOUNT_PAYABLE) payable = leg.amount();
    if (leg.account() == carnet::log::v1::LEDGER_ACCOUNT_TAX) tax = leg.amount();
  }
  SetAmount(row.unit(), receivable, voucher->mutable_receivable());
  SetAmount(row.unit(), row.balance_after(), voucher->mutable_balance_after());
  if (row.has_payable_after()) {
    SetAmount(row.unit(), payable, voucher->mutable_payable());
    SetAmount(row.unit(), row.payable_after(), voucher->mutable_payable_balance_after());
  }
  if (!row.other_unit().empty()) {
    SetAmount(row.other_unit(), row.other_amount(), voucher->mutable_exchanged());
    SetAmount(row.other_unit(), row.other_balance_after(),
              voucher->mutable_exchanged_balance_after());
  }
  if (tax != 0) SetAmount(row.unit(), tax, voucher->mutable_tax());
  voucher->set_direction(DirectionOf(receivable, payable));
  voucher->set_status(row.reversed_by() != 0 ? carnet::v1::VOUCHER_STATUS_REVERSED
                                             : carnet::v1::VOUCHER_STATUS_POSTED);
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
  if (row.assigns() != 0) voucher->set_assigns(CodeOf(reader, merchant, row.assigns()));
  if (row.assigned_by() != 0) voucher->set_assigned_by(CodeOf(reader, merchant, row.assigned_by()));
  if (row.reverses() != 0) voucher->set_reverses(CodeOf(reader, merchant, row.reverses()));
  voucher->set_category(row.category());
  voucher->set_occurred_at_micros(row.occurred_at_micros());
  if (const auto sealed_for = Uuid::FromBytes(row.note_sealed_for());
      sealed_for && row.has_note()) {
    carnet::v1::Personal note = row.note();
    const absl::Status opened = opener.OpenValue(
        merchant, *sealed_for, row.note_field().empty() ? "posting.note" : row.note_field(), &note);
    if (!opened.ok()) return opened;
    voucher->set_note(note.plain());
  }
  return absl::OkStatus();
}

}  // namespace carnet::query
