// Registration and tax numbers.
#pragma once

#include <string>
#include <string_view>

namespace carnet::vault {

enum class CompanyNumberKind {
  kInvalid,  // fails the check of its scheme; it still identifies, as registers and tills have
             // typing errors of their own
  kBlocked,  // a placeholder: nothing but one repeated character, or fewer than four: identifies
             // nobody
  kValid,    // passes, or its scheme has no check here
};

struct NormalCompanyNumber {
  CompanyNumberKind kind = CompanyNumberKind::kBlocked;
  std::string number;  // letters and digits only, upper case; empty for kBlocked
};

// `scheme` as in CompanyNumber.scheme. Thread-safe. Checked, by the rules their registers publish:
// - "siren", "siret": Luhn's sum over 9 and over 14 digits (INSEE, "Numéro Siren/Siret"); for La
// Poste
//   (356000000), whose branches outnumber what Luhn leaves, a digit sum that 5 divides (INSEE,
//   Sirene documentation, "exception La Poste");
// - "vat" of France: key = (12 + 3 · (SIREN mod 97)) mod 97 (BOI-TVA-DECLA-20-10-20; the same in
// the
//   European Commission's VIES algorithms), also the newer form with letters, whose key is not
//   judged;
// - "abn": weights 10, 1, 3 … 19 after one is taken from the first digit, modulus 89 (Australian
//   Business Register, "Format of the ABN");
// - "mst": weights 31, 29, 23, 19, 17, 13, 7, 5, 3, check digit = 10 − (sum mod 11) (General
// Department
//   of Taxation of Vietnam, circular 105/2020/TT-BTC on the structure; the check digit as in its
//   tax-code software), three digits more for a branch; twelve digits for a person's identity
//   number (circular 86/2024/TT-BTC);
// - "kvk": eight digits (Kamer van Koophandel; no check digit is published).
NormalCompanyNumber NormalizeCompanyNumber(std::string_view scheme, std::string_view typed);

}  // namespace carnet::vault
