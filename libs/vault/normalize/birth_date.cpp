#include "vault/normalize/birth_date.h"

#include <algorithm>

#include "base/civil_date.h"
#include "base/fatal.h"
#include "vault/normalize/fold.h"

namespace carnet::vault {
namespace {

constexpr std::string_view kOldest = "1880-01-01";

bool IsPlaceholder(std::string_view iso) { return iso == "1900-01-01" || iso == "1970-01-01"; }

}  // namespace

NormalBirthDate NormalizeBirthDate(std::string_view typed) {
  const std::string_view text = Trim(typed);
  if (!ParseCivilDay(text) || text < kOldest) return {};
  return {IsPlaceholder(text) ? BirthDateKind::kBlocked : BirthDateKind::kValid, std::string(text)};
}

std::vector<std::string> OneDigitOff(std::string_view iso) {
  CARNET_ASSERT(iso.size() == 10);
  std::vector<std::string> dates;
  std::string date(iso);
  for (size_t i = 0; i < date.size(); ++i) {
    if (date[i] == '-') continue;
    for (char digit = '0'; digit <= '9'; ++digit) {
      if (digit == iso[i]) continue;
      date[i] = digit;
      if (NormalizeBirthDate(date).kind == BirthDateKind::kValid) dates.push_back(date);
    }
    date[i] = iso[i];
  }
  std::sort(dates.begin(), dates.end());
  return dates;
}

}  // namespace carnet::vault
