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

// Every valid date of birth, placeholders left out, that differs from `iso` in exactly one digit,
// sorted. `iso` must be of kind kValid.
std::vector<std::string> OneDigitOff(std::string_view iso);

}  // namespace carnet::vault
