#include "domain/ledger/own_account.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/civil_date.h"
#include "domain/keys.h"
#include "domain/ledger/sums.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::DaySums;
using carnet::log::v1::OwnAccountRow;

// The open day is over: its sums go where they stay.
void CloseDay(Step* step, std::string_view account_key, OwnAccountRow* row) {
  const DaySums day = OpenDaySums(*row);
  PutRow(&step->state, Family::kOwnDays, OwnDayKey(account_key, row->open_day()), day);
  const std::string month_key = OwnMonthKey(account_key, CivilMonthOf(row->open_day()));
  DaySums month;
  GetRow(step->state, Family::kOwnDays, month_key, &month);
  for (int i = 0; i < day.effective_days_size(); ++i) {
    AddToDay(day.effective_days(i), day.debits(i), day.credits(i), &month);
  }
  PutRow(&step->state, Family::kOwnDays, month_key, month);
  row->clear_open_debits();
  row->clear_open_credits();
  row->clear_open_others();
}

}  // namespace

void AddToDay(int32_t effective_day, int64_t debits, int64_t credits, DaySums* sums) {
  const auto& days = sums->effective_days();
  const auto place =
      static_cast<int>(std::lower_bound(days.begin(), days.end(), effective_day) - days.begin());
  if (place == days.size() || days.Get(place) != effective_day) {
    sums->add_effective_days(effective_day);
    sums->add_debits(0);
    sums->add_credits(0);
    for (int i = sums->effective_days_size() - 1; i > place; --i) {
      sums->mutable_effective_days()->SwapElements(i, i - 1);
      sums->mutable_debits()->SwapElements(i, i - 1);
      sums->mutable_credits()->SwapElements(i, i - 1);
    }
  }
  sums->set_debits(place, sums->debits(place) + debits);
  sums->set_credits(place, sums->credits(place) + credits);
}

DaySums OpenDaySums(const OwnAccountRow& row) {
  DaySums sums = row.open_others();
  if (row.open_debits() != 0 || row.open_credits() != 0) {
    AddToDay(row.open_day(), row.open_debits(), row.open_credits(), &sums);
  }
  return sums;
}

bool PostToOwnAccount(Step* step, carnet::log::v1::LedgerAccount account, std::string_view unit,
                      std::string_view source, int32_t effective_day, int64_t amount) {
  std::string key = OwnAccountKey(step->merchant_name(), account, unit, source);
  OwnAccountRow row;
  const bool exists = GetRow(step->state, Family::kOwnAccounts, key, &row);
  if (!AddAmount(amount, &row)) return false;
  if (exists && row.open_day() != step->recorded_day) CloseDay(step, key, &row);
  row.set_open_day(step->recorded_day);
  const int64_t debit = amount > 0 ? amount : 0;
  const int64_t credit = amount < 0 ? -amount : 0;
  if (effective_day == step->recorded_day) {
    row.set_open_debits(row.open_debits() + debit);
    row.set_open_credits(row.open_credits() + credit);
  } else {
    AddToDay(effective_day, debit, credit, row.mutable_open_others());
  }
  PutRow(&step->state, Family::kOwnAccounts, std::move(key), row);
  return true;
}

}  // namespace carnet::domain
