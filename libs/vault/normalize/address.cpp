#include "vault/normalize/address.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

#include "vault/normalize/fold.h"

namespace carnet::vault {
namespace {

constexpr size_t kMostWords = 32;

using WordList = std::vector<std::string_view>;

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool StartsWithDigit(std::string_view word) { return !word.empty() && IsDigit(word.front()); }

// Kinds of street, however written, as one short form. Not "st" and "str" in English: see Street().
std::string_view ShortForm(std::string_view word) {
  static const absl::flat_hash_map<absl::string_view, absl::string_view> forms = {
      {"rue", "r"},        {"ru", "r"},       {"avenue", "av"},   {"ave", "av"},
      {"boulevard", "bd"}, {"blvd", "bd"},    {"boul", "bd"},     {"bld", "bd"},
      {"bvd", "bd"},       {"chemin", "ch"},  {"chem", "ch"},     {"che", "ch"},
      {"place", "pl"},     {"plein", "pl"},   {"platz", "pl"},    {"route", "rte"},
      {"impasse", "imp"},  {"allee", "all"},  {"square", "sq"},   {"faubourg", "fg"},
      {"fbg", "fg"},       {"quai", "q"},     {"passage", "pas"}, {"residence", "res"},
      {"cours", "crs"},    {"street", "str"}, {"strasse", "str"}, {"straat", "str"},
      {"road", "rd"},      {"drive", "dr"},   {"lane", "ln"},     {"court", "ct"},
      {"crescent", "cr"},  {"cres", "cr"},    {"highway", "hwy"}, {"parade", "pde"},
      {"terrace", "tce"},  {"close", "cl"},   {"duong", "d"},     {"saint", "st"},
      {"sainte", "ste"},   {"sankt", "st"},   {"sint", "st"},     {"general", "gen"},
      {"gal", "gen"},      {"docteur", "dr"}, {"doctor", "dr"},   {"president", "pdt"},
      {"marechal", "mal"},
  };
  const auto found = forms.find(absl::string_view(word.data(), word.size()));
  if (found == forms.end()) return word;
  return {found->second.data(), found->second.size()};
}

// "hauptstrasse" to "hauptstr", "annabelboulevard" to "annabelbd": German and Dutch write the kind
// of street in one.
std::string WithShortEnding(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kEndings = {{
      {"strasse", "str"},
      {"straat", "str"},
      {"platz", "pl"},
      {"plein", "pl"},
      {"boulevard", "bd"},
  }};
  for (const auto& [ending, form] : kEndings) {
    if (word.size() > ending.size() + 2 && word.substr(word.size() - ending.size()) == ending) {
      return std::string(word.substr(0, word.size() - ending.size())).append(form);
    }
  }
  return std::string(word);
}

// What stands before a street's name in some writings and not in others, and before a number ("số
// 12", "no 12"). Articles only after "de" ("rue de la Paix"): elsewhere they are a Vietnamese
// family name (Lê Lợi).
bool IsFiller(std::string_view word, std::string_view before) {
  if (IsOneOf(word, {"la", "le", "les", "l"})) return IsOneOf(before, {"de", "d"});
  return IsOneOf(word, {"de", "du", "des", "d", "of", "the", "so", "no", "nr", "num", "numero"});
}

// Words that, with the word after them, say where in a building.
bool IsUnitWord(std::string_view word) {
  return IsOneOf(
      word, {"apt",   "appt",  "app",   "appartement", "apartment", "bat",  "batiment", "escalier",
             "esc",   "etage", "floor", "level",       "unit",      "flat", "suite",    "room",
             "porte", "tang",  "phong", "can",         "wohnung",   "whg",  "bus"});
}

// Like Words(), but keeping "63/4" and "12-14" together.
WordList WordsWithNumbers(std::string_view text) {
  WordList words;
  for (const std::string_view word : Words(text)) {
    if (!words.empty() && StartsWithDigit(word)) {
      const std::string_view last = words.back();
      const char* const gap = last.data() + last.size();
      if (StartsWithDigit(last) && word.data() == gap + 1 && (*gap == '/' || *gap == '-')) {
        words.back() = {last.data(), last.size() + 1 + word.size()};
        continue;
      }
    }
    if (words.size() == kMostWords) break;
    words.push_back(word);
  }
  return words;
}

bool IsSuffix(std::string_view word) {
  return IsOneOf(word, {"bis", "ter", "quater"}) ||
         (word.size() == 1 && word[0] >= 'a' && word[0] <= 'z');
}

// The part of a street field that names street and number: lines and commas divide it, and what
// people put before or after are firms, floors and districts.
std::string_view StreetLine(std::string_view folded) {
  std::string_view first;
  for (size_t at = 0; at <= folded.size();) {
    const size_t end = std::min(folded.find_first_of("\n\r,;", at), folded.size());
    const std::string_view line = Trim(folded.substr(at, end - at));
    at = end + 1;
    if (line.empty()) continue;
    bool number = false;
    bool word = false;
    for (const std::string_view each : Words(line)) {
      if (IsUnitWord(each)) break;
      number = number || StartsWithDigit(each);
      word = word || (each.size() >= 3 && !StartsWithDigit(each));
    }
    if (number && word) return line;
    if (first.empty() && word) first = line;
    // "12, rue des Lilas": the number stands alone before a comma.
    if (number && !word && first.empty()) {
      const std::string_view rest = folded.substr(std::min(at, folded.size()));
      if (!Trim(rest).empty() && folded[end] == ',') {
        const size_t stop = std::min(rest.find_first_of("\n\r,;"), rest.size());
        const auto begin = static_cast<size_t>(line.data() - folded.data());
        return folded.substr(begin, at + stop - begin);
      }
    }
  }
  return first.empty() ? folded : first;
}

void SplitStreet(std::string_view typed, NormalAddress* address) {
  const std::string folded = Fold(typed);
  WordList words;
  const WordList all = WordsWithNumbers(StreetLine(folded));
  for (size_t i = 0; i < all.size(); ++i) {
    if (IsUnitWord(all[i]) && i + 1 < all.size()) {
      ++i;
    } else if (all.size() == 1 || !IsFiller(all[i], i == 0 ? std::string_view() : all[i - 1])) {
      words.push_back(all[i]);
    }
  }
  if (words.empty()) return;

  // In front in French, English and Vietnamese, at the end in German and Dutch.
  size_t number = words.size();
  if (StartsWithDigit(words.front())) {
    number = 0;
  } else {
    for (size_t i = words.size(); i-- > 1;) {
      if (StartsWithDigit(words[i])) {
        number = i;
        break;
      }
    }
  }
  size_t after = number;
  if (number < words.size()) {
    address->house_number = words[number];
    after = number + 1;
    // Before a street a letter needs something behind it: "12 b rue Pons".
    if (after < words.size() && IsSuffix(words[after]) &&
        (number > 0 || words.size() > after + 1) && !(number == 0 && words[after] == "r")) {
      address->house_number.append(words[after++]);
    }
  }
  for (size_t i = 0; i < words.size(); ++i) {
    if (i >= number && i < after) continue;
    // "St" ends an English street and begins a saint's name.
    if (words[i] == "st" && i + 1 == words.size() && i > 0) {
      address->street.append("str");
    } else {
      address->street.append(WithShortEnding(ShortForm(words[i])));
    }
  }
}

std::string Town(std::string_view typed) {
  const std::string folded = Fold(typed);
  std::string town;
  const std::vector<std::string_view> words = Words(folded);
  for (size_t i = 0; i < words.size() && i < kMostWords; ++i) {
    if (words[i] == "cedex") break;  // and its number: a sorting office's, not the town's
    if (words.size() > 1 && i == 0 && IsOneOf(words[i], {"tp", "tx"})) continue;
    if (words.size() > 2 && i == 0 && words[1] == "pho" && words[0] == "thanh") {
      ++i;
      continue;
    }
    town.append(IsOneOf(words[i], {"saint", "sainte", "sankt", "sint"}) ? ShortForm(words[i])
                                                                        : words[i]);
  }
  if (IsOneOf(town, {"hcm", "tphcm", "hcmc", "saigon", "hochiminhcity"})) return "hochiminh";
  return town;
}

}  // namespace

NormalAddress NormalizeAddress(std::string_view street, std::string_view postcode,
                               std::string_view town) {
  NormalAddress address;
  SplitStreet(street, &address);
  const std::string folded = Fold(postcode);
  for (const std::string_view word : Words(folded)) address.postcode.append(word);
  address.town = Town(town);
  // Lengths stand in one byte of what is hashed.
  for (std::string* const piece :
       {&address.street, &address.house_number, &address.postcode, &address.town}) {
    if (piece->size() > 255) piece->resize(255);
  }
  return address;
}

std::string_view StreetBeginning(std::string_view street) {
  constexpr int kLetters = 4;
  size_t end = 0;
  for (int i = 0; i < kLetters && end < street.size(); ++i) {
    ++end;
    while (end < street.size() && (static_cast<unsigned char>(street[end]) & 0xC0) == 0x80) ++end;
  }
  return street.substr(0, end);
}

}  // namespace carnet::vault
