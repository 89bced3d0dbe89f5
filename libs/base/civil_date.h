// Civil days as counts from 1970-01-01 in the proleptic Gregorian calendar; no time zone database,
// no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carnet {

// The last day of year 9999; the first one Carnet can write is 0001-01-01.
inline constexpr int32_t kLastCivilDay = 2932896;
inline constexpr int32_t kFirstCivilDay = -719162;

// "2026-05-31" to its day; nothing for another form or a day that is not in the calendar.
std::optional<int32_t> ParseCivilDay(std::string_view text);

// The other way round. `day` must be between kFirstCivilDay and kLastCivilDay.
std::string FormatCivilDay(int32_t day);

// The month of a day, counted from January of year 0; the first day of a month; "2026-05".
int32_t CivilMonthOf(int32_t day);
int32_t FirstDayOfMonth(int32_t month);
std::string FormatCivilMonth(int32_t month);

// The civil day of an instant at an offset from UTC.
int32_t CivilDayOf(int64_t micros_since_epoch, int32_t utc_offset_minutes);

}  // namespace carnet
