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

// Weighted sum of digits.
template <size_t N>
int WeightedSum(std::string_view digits, const int (&weights)[N]) {
  int sum = 0;
  for (size_t i = 0; i < N; ++i) sum += (digits[i] - '0') * weights[i];
  return sum;
}

// Australian Business Number: 11 digits; one less in the first, weights 10, 1, 3, 5 … 19, a sum
// that 89 divides.
bool IsAbn(std::string_view number) {
  if (number.size() != 11 || !AllDigits(number)) return false;
  constexpr int kWeights[] = {10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19};
  return number[0] != '0' && (WeightedSum(number, kWeights) - kWeights[0]) % 89 == 0;
}

// Mã số thuế: ten digits, the last one a check digit; a branch has three more. Since 2025 a
// person's twelve-digit identity number serves as well and is checked by length alone.
bool IsVietnameseTaxCode(std::string_view number) {
  if (!AllDigits(number)) return false;
  if (number.size() == 12) return true;
  if (number.size() != 10 && number.size() != 13) return false;
  constexpr int kWeights[] = {31, 29, 23, 19, 17, 13, 7, 5, 3};
  const int check = 10 - WeightedSum(number, kWeights) % 11;
  return check == number[9] - '0' && number.substr(10) != "000";
}

// Kamer van Koophandel: eight digits; their form is all that is published.
bool IsKvk(std::string_view number) { return number.size() == 8 && AllDigits(number); }

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
  if (scheme == "abn") return IsAbn(number);
  if (scheme == "mst") return IsVietnameseTaxCode(number);
  if (scheme == "kvk") return IsKvk(number);
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
