// Dates of birth.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace carnet::vault {

enum class BirthDateKind {
  kInvalid,  // not YYYY-MM-DD, not in the calendar, or before 1880
  kBlocked,  // a system's default (1900-01-01, 1970-01-01)
  kValid,
};

struct NormalBirthDate {
  BirthDateKind kind = BirthDateKind::kInvalid;
  std::string iso;  // YYYY-MM-DD; empty for kInvalid
};

// Thread-safe.
NormalBirthDate NormalizeBirthDate(std::string_view typed);

// Every valid date of birth, placeholders left out, that is `iso` with one slip, sorted, each once,
// without itself: one digit off, two neighbouring digits exchanged, or day and month. So the dates
// near another have it near themselves. `iso` must be of kind kValid.
std::vector<std::string> OneSlipOff(std::string_view iso);

}  // namespace carnet::vault
