#include "vault/normalize/company_number.h"

#include <algorithm>
#include <cstdint>

#include "vault/normalize/fold.h"

namespace carnet::vault {
namespace {

constexpr size_t kFewestCharacters = 4;
constexpr size_t kMostCharacters = 64;
constexpr std::string_view kLaPoste = "356000000";

bool AllDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool PassesLuhn(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, twice = !twice) {
    const int value = (*digit - '0') * (twice ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

bool IsSiren(std::string_view number) {
  return number.size() == 9 && AllDigits(number) && PassesLuhn(number);
}

bool IsSiret(std::string_view number) {
  if (number.size() != 14 || !AllDigits(number) || !IsSiren(number.substr(0, 9))) return false;
  if (PassesLuhn(number)) return true;
  // La Poste has more branches than Luhn leaves numbers for.
  int sum = 0;
  for (const char digit : number) sum += digit - '0';
  return number.substr(0, 9) == kLaPoste && sum % 5 == 0;
}

// FR, a key of two digits (letters in a form of the future, which is not judged), SIREN.
bool IsFrenchVat(std::string_view number) {
  if (number.size() != 13 || !IsSiren(number.substr(4))) return false;
  if (!AllDigits(number.substr(2, 2))) return true;
  uint32_t siren = 0;
  for (const char digit : number.substr(4)) siren = siren * 10 + static_cast<uint32_t>(digit - '0');
  const uint32_t key =
      static_cast<uint32_t>(number[2] - '0') * 10 + static_cast<uint32_t>(number[3] - '0');
  return key == (12 + 3 * (siren % 97)) % 97;
}

bool PassesCheck(std::string_view scheme, std::string_view number) {
  if (scheme == "siret") return IsSiret(number);
  if (scheme == "siren") return IsSiren(number);
  if (scheme == "vat" && number.substr(0, 2) == "FR") return IsFrenchVat(number);
  return true;
}

}  // namespace

NormalCompanyNumber NormalizeCompanyNumber(std::string_view scheme, std::string_view typed) {
  NormalCompanyNumber normal;
  const std::string folded = Fold(typed);
  for (const std::string_view word : Words(folded)) normal.number.append(word);
  for (char& c : normal.number) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  const std::string& number = normal.number;
  const bool repeated =
      !number.empty() && number.find_first_not_of(number.front()) == std::string::npos;
  if (number.size() < kFewestCharacters || number.size() > kMostCharacters || repeated) {
    return {CompanyNumberKind::kBlocked, {}};
  }
  normal.kind =
      PassesCheck(scheme, number) ? CompanyNumberKind::kValid : CompanyNumberKind::kInvalid;
  return normal;
}

}  // namespace carnet::vault
