#include "domain/customers/archive.h"

#include <string>

#include "carnet/log/v1/order_rows.pb.h"
#include "carnet/log/v1/rows.pb.h"
#include "domain/customers/cells.h"
#include "domain/customers/links.h"
#include "domain/keys.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::RecordRow;

// What is owed, by them or by us, in words; empty: nothing.
std::string OpenAccount(const Reader& state, std::string_view merchant, const Uuid& record) {
  carnet::log::v1::AccountRow account;
  if (!GetRow(state, Family::kAccounts, RecordKey(merchant, record), &account)) return {};
  for (const auto* units : {&account.units(), &account.payables()}) {
    for (const auto& unit : *units) {
      if (unit.debits() != unit.credits()) return "something is open in " + unit.unit();
    }
  }
  return {};
}

// Placed and not done. A checkout that was left open is no order yet.
bool IsOpen(carnet::v1::OrderState state) {
  switch (state) {
    case carnet::v1::ORDER_STATE_PENDING:
    case carnet::v1::ORDER_STATE_CONFIRMED:
    case carnet::v1::ORDER_STATE_PREPARED:
    case carnet::v1::ORDER_STATE_SHIPPED:
      return true;
    default:
      return false;
  }
}

std::string OpenOrder(const Reader& state, std::string_view merchant, const Uuid& record) {
  std::string open;
  state.Scan(Family::kOrders, OrderRecordPrefix(merchant, record),
             [&](std::string_view, std::string_view id) {
               const auto order = Uuid::FromBytes(id);
               carnet::log::v1::OrderRow row;
               Require(order && GetRow(state, Family::kOrders, OrderKey(merchant, *order), &row),
                       "an order that is listed is there");
               if (IsOpen(row.snapshot().state())) open = "order " + row.order_id() + " is open";
               return open.empty();
             });
  return open;
}

}  // namespace

Verdict ApplyCustomerArchived(Step* step, const Addressee& addressee,
                              const carnet::v1::CustomerArchived& archived) {
  const std::string& merchant = step->merchant_name();
  const auto customer =
      addressee.account ? CustomerOfRecord(step->state, merchant, addressee.record) : std::nullopt;
  if (!customer) return Verdict::Rejected(reason::kNotFound, "name the customer to archive");
  if (Verdict verdict = CheckEtag(*step, customer); !verdict.applied()) return verdict;
  RecordRow row;
  const std::string key = RecordKey(merchant, *customer);
  GetRow(step->state, Family::kRecords, key, &row);
  if ((row.archived_change_number() == 0) == archived.restore()) {
    step->Flag(flag::kNoChange);
    return Verdict::Applied();
  }
  if (!archived.restore() && archived.balance() != carnet::v1::BALANCE_ON_ARCHIVE_KEEP) {
    for (const Uuid& member : MembersOf(step->state, merchant, *customer)) {
      std::string open = OpenAccount(step->state, merchant, member);
      if (open.empty()) open = OpenOrder(step->state, merchant, member);
      if (open.empty()) continue;
      return Verdict::Rejected(reason::kHasBalance,
                               open + ": settle it, or say that it is to be kept");
    }
  }
  row.set_archived_change_number(archived.restore() ? 0 : step->number);
  row.set_card_change_number(step->number);
  PutRow(&step->state, Family::kRecords, key, row);
  step->feed.CustomerArchived(*customer, !archived.restore());
  return Verdict::Applied();
}

}  // namespace carnet::domain
