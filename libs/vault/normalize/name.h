// Names of people and companies as sets of folded parts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace carnet::vault {

enum class NameRole { kUnknown, kGiven, kFamily };

// One word of a name, folded (see fold.h); never empty. One word alone has a role, too, where
// custom tells: Mme Roger gives her family name, anh Khoa (and any Vietnamese) the given one.
struct NamePart {
  std::string text;
  NameRole role = NameRole::kUnknown;

  bool operator==(const NamePart&) const = default;
};

// At most this many parts of a name, the first ones, and letters of a part count: what goes beyond
// is no name.
inline constexpr size_t kMaxNameParts = 16;
inline constexpr size_t kMaxPartLetters = 40;

// The parts of a person's name, in the order written (given, family, full), each text once; of a
// part that stands in several fields the known role wins. Without titles (Mme, Dr, anh) and
// particles (van, de), as these come and go with who types; a name made of nothing else keeps them.
//
// `country` is a hint (ISO 3166-1, two letters, or empty): Vietnamese names (country VN, or letters
// or a family name that only Vietnamese has) have no particles, a leading A, C or E in them is a
// title, and Thị and Văn are dropped where two other parts remain. An initial is a part of one
// letter. Thread-safe.
std::vector<NamePart> NormalizePersonName(std::string_view full, std::string_view given,
                                          std::string_view family, std::string_view country);

// The parts of a company's name, without legal forms (SARL, GmbH, công ty TNHH); roles are unknown.
// Thread-safe.
std::vector<NamePart> NormalizeCompanyName(std::string_view name);

// All parts, sorted, with spaces between: equal for two names of the same parts in any order. Empty
// for no parts.
std::string FullNameKey(const std::vector<NamePart>& parts);

// "bob" to "robert"; empty where the folded part is no known nickname.
std::string_view NicknameRoot(std::string_view part);

// The first letter (code point).
std::string_view InitialOf(std::string_view part);

// Of a part of five letters or more: every text with one letter less, sorted, each once. Empty for
// shorter ones. Two parts are one letter apart when they share one, or when one of them is a
// deletion of the other.
std::vector<std::string> OneLetterDeletions(std::string_view part);

}  // namespace carnet::vault
