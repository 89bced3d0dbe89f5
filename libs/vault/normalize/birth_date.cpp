#include "vault/normalize/birth_date.h"

#include <algorithm>
#include <utility>

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

std::vector<std::string> OneSlipOff(std::string_view iso) {
  CARNET_ASSERT(iso.size() == 10);
  std::vector<std::string> dates;
  const auto add = [&](const std::string& date) {
    if (date != iso && NormalizeBirthDate(date).kind == BirthDateKind::kValid)
      dates.push_back(date);
  };
  std::string date(iso);
  for (size_t i = 0; i < date.size(); ++i) {
    if (date[i] == '-') continue;
    for (char digit = '0'; digit <= '9'; ++digit) {
      date[i] = digit;
      add(date);
    }
    date[i] = iso[i];
  }
  // YYYY-MM-DD: neighbours stand beside each other, or with a hyphen between them.
  for (size_t i = 0; i + 1 < date.size(); ++i) {
    if (date[i] == '-') continue;
    const size_t next = date[i + 1] == '-' ? i + 2 : i + 1;
    std::swap(date[i], date[next]);
    add(date);
    date = iso;
  }
  std::swap(date[5], date[8]);
  std::swap(date[6], date[9]);
  add(date);
  std::sort(dates.begin(), dates.end());
  dates.erase(std::unique(dates.begin(), dates.end()), dates.end());
  return dates;
}

}  // namespace carnet::vault
