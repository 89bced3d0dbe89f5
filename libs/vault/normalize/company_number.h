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

// `scheme` as in CompanyNumber.scheme. Checked: "siret" and "siren" (Luhn; La Poste's digit sum),
// French "vat" (key). Thread-safe.
NormalCompanyNumber NormalizeCompanyNumber(std::string_view scheme, std::string_view typed);

}  // namespace carnet::vault
