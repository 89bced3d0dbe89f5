#include "query/row_scan.h"

#include <algorithm>

#include "base/field_walk.h"
#include "base/money.h"
#include "carnet/log/v1/rows.pb.h"

namespace carnet::query {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::Cell;
using carnet::log::v1::RecordRow;
using carnet::log::v1::UnitAccount;

std::string_view BytesField(std::string_view row, int number) {
  FieldWalk walk(row);
  while (walk.Next()) {
    if (walk.number() == number) return walk.Bytes();
    walk.Skip();
  }
  return {};
}

}  // namespace

std::string_view CustomerIdOfRecordRow(std::string_view row) {
  return BytesField(row, RecordRow::kCustomerIdFieldNumber);
}

bool IsErasedRecordRow(std::string_view row) {
  FieldWalk walk(row);
  while (walk.Next()) {
    if (walk.number() == RecordRow::kErasedAtMicrosFieldNumber) return true;
    walk.Skip();
  }
  return false;
}

bool IsCustomerRecordRow(std::string_view row, const Uuid& record) {
  FieldWalk walk(row);
  while (walk.Next()) {
    if (walk.number() == RecordRow::kErasedAtMicrosFieldNumber) return false;
    if (walk.number() == RecordRow::kCustomerIdFieldNumber) {
      const std::string_view customer = walk.Bytes();
      if (!customer.empty() && customer != record.bytes()) return false;
    } else {
      walk.Skip();
    }
  }
  return true;
}

std::string_view CustomerIdOfAccountRow(std::string_view row) {
  return BytesField(row, AccountRow::kCustomerIdFieldNumber);
}

bool ReadRecordValues(std::string_view row, RecordValues* values) {
  bool derived = false;
  FieldWalk walk(row);
  while (walk.Next()) {
    switch (walk.number()) {
      case RecordRow::kCellsFieldNumber: {
        RecordValues::Value value;
        bool cleared = false;
        FieldWalk cell(walk.Bytes());
        while (cell.Next()) {
          switch (cell.number()) {
            case Cell::kFieldFieldNumber:
              value.field = static_cast<uint32_t>(cell.Int64());
              break;
            case Cell::kValueFieldNumber:
              value.contact = cell.Bytes();
              break;
            case Cell::kClearedFieldNumber:
              cleared = cell.Int64() != 0;
              break;
            case Cell::kRevertedAsOfMicrosFieldNumber:
              return false;
            default:
              cell.Skip();
          }
        }
        if (!cleared) values->values.push_back(value);
        break;
      }
      case RecordRow::kExternalIdFieldNumber:
        values->external_id = walk.Bytes();
        break;
      case RecordRow::kExternalIdDerivedFieldNumber:
        derived = walk.Int64() != 0;
        break;
      case RecordRow::kGeneratedAccountFieldNumber:
        values->generated_account = walk.Bytes();
        break;
      case RecordRow::kDefaultAssigneeFieldNumber:
        values->default_assignee = walk.Bytes();
        break;
      case RecordRow::kCustomerIdFieldNumber:
        if (!walk.Bytes().empty()) return false;
        break;
      case RecordRow::kDeletedAsOfMicrosFieldNumber:
      case RecordRow::kErasedAtMicrosFieldNumber:
        return false;
      default:
        walk.Skip();
    }
  }
  if (derived) values->external_id = {};
  return true;
}

bool AddBalancesOfAccountRow(std::string_view row, UnitBalances* sums) {
  FieldWalk walk(row);
  while (walk.Next()) {
    const bool is_payable = walk.number() == AccountRow::kPayablesFieldNumber;
    if (!is_payable && walk.number() != AccountRow::kUnitsFieldNumber) {
      walk.Skip();
      continue;
    }
    std::string_view unit;
    int64_t debits = 0;
    int64_t credits = 0;
    UnitBalance bought;
    FieldWalk account(walk.Bytes());
    while (account.Next()) {
      switch (account.number()) {
        case UnitAccount::kUnitFieldNumber:
          unit = account.Bytes();
          break;
        case UnitAccount::kDebitsFieldNumber:
          debits = account.Int64();
          break;
        case UnitAccount::kCreditsFieldNumber:
          credits = account.Int64();
          break;
        case UnitAccount::kBoughtNetFieldNumber:
          bought.bought_net = account.Sint64();
          break;
        case UnitAccount::kBoughtTaxFieldNumber:
          bought.bought_tax = account.Sint64();
          break;
        case UnitAccount::kSalesFieldNumber:
          bought.sales = account.Sint64();
          break;
        case UnitAccount::kLastSaleDayFieldNumber:
          bought.last_sale_day = static_cast<int32_t>(account.Sint64());
          break;
        case UnitAccount::kLastSaleFieldNumber:
          bought.has_sale = account.Int64() != 0;
          break;
        default:
          account.Skip();
      }
    }
    UnitBalance& sum = BalanceIn(unit, sums);
    // Neither side is negative, so their difference fits.
    if (!AddTo(debits - credits, is_payable ? &sum.payable : &sum.minor)) return false;
    sum.has_payable |= is_payable;
    sum.bought_net = CheckedAdd(sum.bought_net, bought.bought_net).value_or(sum.bought_net);
    sum.bought_tax = CheckedAdd(sum.bought_tax, bought.bought_tax).value_or(sum.bought_tax);
    sum.sales += bought.sales;
    if (bought.has_sale && (!sum.has_sale || bought.last_sale_day > sum.last_sale_day)) {
      sum.has_sale = true;
      sum.last_sale_day = bought.last_sale_day;
    }
  }
  return true;
}

UnitBalance& BalanceIn(std::string_view unit, UnitBalances* sums) {
  auto place = std::lower_bound(
      sums->begin(), sums->end(), unit,
      [](const UnitBalance& sum, std::string_view wanted) { return sum.unit < wanted; });
  if (place == sums->end() || place->unit != unit) {
    place = sums->insert(place, UnitBalance{.unit = std::string(unit)});
  }
  return *place;
}

bool AddTo(int64_t amount, int64_t* sum) {
  const auto added = CheckedAdd(*sum, amount);
  if (added) *sum = *added;
  return added.has_value();
}

}  // namespace carnet::query
