#include "domain/ledger/book_dates.h"

#include <string>

#include "base/civil_date.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

// 2000-01-01: nothing a shop still keeps books of is older.
constexpr int32_t kDefaultFloorDay = 10957;

}  // namespace

Verdict ApplySetBookDates(Step* step, const carnet::v1::SetBookDates& dates) {
  const auto closed = ParseCivilDay(dates.closed_until());  // the form has been checked
  const auto floor = ParseCivilDay(dates.floor());
  // A day that goes on would send each of its own sales to the next.
  if ((closed && (*closed > step->recorded_day || *closed == kLastCivilDay)) ||
      (floor && *floor > step->recorded_day)) {
    return Verdict::Rejected(
        reason::kDateInFuture,
        "today is " + FormatCivilDay(step->recorded_day) + ": give that day or an earlier one");
  }
  const std::string before = step->merchant.SerializeAsString();
  if (dates.has_closed_until()) {
    if (closed) {
      step->merchant.set_closed_until_day(*closed);
    } else {
      step->merchant.clear_closed_until_day();
    }
  }
  if (dates.has_floor()) {
    if (floor) {
      step->merchant.set_floor_day(*floor);
    } else {
      step->merchant.clear_floor_day();
    }
  }
  if (step->merchant.SerializeAsString() == before) step->Flag(flag::kNoChange);
  return Verdict::Applied();
}

bool IsPlausibleDay(const Step& step, int32_t day) {
  const int32_t today = CivilDayOf(step.recorded_at, step.change.utc_offset_minutes());
  const int32_t floor =
      step.merchant.has_floor_day() ? step.merchant.floor_day() : kDefaultFloorDay;
  return day >= floor && day <= today;
}

int32_t EffectiveDay(Step* step) {
  if (IsPlausibleDay(*step, step->change.effective_day())) return step->change.effective_day();
  step->Flag(flag::kClockSuspect);
  return step->recorded_day;
}

Verdict CheckOpenDay(Step* step, carnet::log::v1::VoucherRow* voucher) {
  if (!step->merchant.has_closed_until_day() ||
      voucher->effective_day() > step->merchant.closed_until_day()) {
    return Verdict::Applied();
  }
  const int32_t closed = step->merchant.closed_until_day();
  if (!step->is_fact()) {
    return Verdict::Rejected(reason::kPeriodClosed,
                             "the books are closed up to and including " + FormatCivilDay(closed));
  }
  step->Flag(flag::kPeriodClosed);
  voucher->set_effective_day(closed + 1);
  return Verdict::Applied();
}

}  // namespace carnet::domain
