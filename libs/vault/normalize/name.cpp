#include "vault/normalize/name.h"

#include <algorithm>
#include <array>

#include <unicode/utf8.h>

#include "vault/normalize/fold.h"
#include "vault/normalize/name_words.h"

namespace carnet::vault {
namespace {

using Parts = std::vector<std::string>;

// The end of the code point that begins at `at`.
size_t NextLetter(std::string_view text, size_t at) {
  auto i = static_cast<int32_t>(at);
  U8_FWD_1(text.data(), i, static_cast<int32_t>(text.size()));
  return static_cast<size_t>(i);
}

std::string_view FirstLetters(std::string_view text, size_t count) {
  size_t at = 0;
  while (count-- > 0 && at < text.size()) at = NextLetter(text, at);
  return text.substr(0, at);
}

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; }

// "o'brien" to "obrien", "d'angelo" to "angelo", "'t hart" to "hart": people leave such signs out,
// or put a space there.
std::string WithoutApostrophes(std::string_view folded) {
  constexpr std::array<std::string_view, 5> kApostrophes = {"'", "`", "\xE2\x80\x99",
                                                            "\xE2\x80\x98", "\xCA\xBC"};
  std::string out;
  for (size_t i = 0; i < folded.size();) {
    const auto sign =
        std::find_if(kApostrophes.begin(), kApostrophes.end(),
                     [&](std::string_view each) { return folded.substr(i, each.size()) == each; });
    if (sign == kApostrophes.end()) {
      out.push_back(folded[i++]);
      continue;
    }
    i += sign->size();
    const bool in_word = !out.empty() && IsLetter(out.back());
    const bool after_one_letter = in_word && (out.size() == 1 || !IsLetter(out[out.size() - 2]));
    if (after_one_letter && (out.back() == 'd' || out.back() == 'l')) {
      out.back() = ' ';
    } else if (!in_word && i + 1 < folded.size() && (folded[i] == 't' || folded[i] == 's') &&
               !IsLetter(folded[i + 1])) {
      ++i;
    }
  }
  return out;
}

Parts PartsOf(std::string_view text) {
  Parts parts;
  const std::string clean = WithoutApostrophes(Fold(text));
  for (const std::string_view word : Words(clean)) {
    if (parts.size() == kMaxNameParts) break;
    parts.emplace_back(FirstLetters(word, kMaxPartLetters));
  }
  return parts;
}

// Letters that only Vietnamese has, in UTF-8: ơ ư in both cases (U+01A0, A1, AF, B0), and the block
// of letters with two marks (U+1EA0 to U+1EF9). đ is Croatian too.
bool HasVietnameseLetters(std::string_view text) {
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
    if (byte(i) == 0xC6 && (byte(i + 1) == 0xA0 || byte(i + 1) == 0xA1 || byte(i + 1) == 0xAF ||
                            byte(i + 1) == 0xB0)) {
      return true;
    }
    if (byte(i) == 0xE1 && i + 2 < text.size() && (byte(i + 1) == 0xBA || byte(i + 1) == 0xBB)) {
      const unsigned code = 0x1000U | (byte(i + 1) & 0x3FU) << 6 | (byte(i + 2) & 0x3FU);
      if (code >= 0x1EA0 && code <= 0x1EF9) return true;
    }
  }
  return false;
}

// How this name is to be read.
struct Custom {
  bool vietnamese = false;
  bool m_is_monsieur = false;
};

bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// The kind of title that was dropped.
enum class Title { kNone, kWestern, kVietnamese };

Title DropTitles(const Custom& custom, bool whole_name, Parts* parts) {
  Title dropped = Title::kNone;
  while (parts->size() > 1 &&
         (IsTitle(parts->front()) || (custom.m_is_monsieur && parts->front() == "m"))) {
    parts->erase(parts->begin());
    dropped = Title::kWestern;
  }
  // Somebody's given name may be Anh: only in front of a whole name, and once.
  if (!whole_name || parts->size() < 2) return dropped;
  const std::string& first = parts->front();
  const bool is_title =
      IsVietnameseTitle(first) || (custom.vietnamese && IsOneOf(first, {"a", "c", "e"}));
  // One is called by title and given name, so "Anh Nguyễn" is given and family name.
  const bool is_whole_name = parts->size() == 2 && IsVietnameseFamilyName(parts->back());
  if (!is_title || is_whole_name) return dropped;
  parts->erase(parts->begin());
  return Title::kVietnamese;
}

// What one word alone is: after a title, Mme Roger gives her family name and anh Khoa his given
// name; without one, Vietnamese are called by their given names.
NameRole RoleAlone(const Custom& custom, Title title, const std::string& part) {
  if (title == Title::kWestern) return NameRole::kFamily;
  if (title == Title::kVietnamese) return NameRole::kGiven;
  if (!custom.vietnamese) return NameRole::kUnknown;
  return IsVietnameseFamilyName(part) ? NameRole::kFamily : NameRole::kGiven;
}

void DropParticles(Parts* parts) {
  Parts kept;
  for (size_t i = 0; i < parts->size(); ++i) {
    const std::string& part = (*parts)[i];
    if (part == "v" && i + 1 < parts->size() && (*parts)[i + 1] == "d") {  // v.d. Berg
      ++i;
    } else if (!IsParticle(part)) {
      kept.push_back(part);
    }
  }
  if (!kept.empty()) *parts = std::move(kept);
}

void AddParts(const Parts& texts, NameRole role, std::vector<NamePart>* parts) {
  for (const std::string& text : texts) {
    const auto same = std::find_if(parts->begin(), parts->end(),
                                   [&](const NamePart& part) { return part.text == text; });
    if (same == parts->end()) {
      parts->push_back({text, role});
    } else if (same->role == NameRole::kUnknown) {
      same->role = role;
    }
  }
}

// Thị and Văn, which half of Vietnam carries, where two other parts remain.
void DropMiddleNames(std::vector<NamePart>* parts) {
  const auto is_middle = [](const NamePart& part) { return IsOneOf(part.text, {"thi", "van"}); };
  const auto middle = std::count_if(parts->begin(), parts->end(), is_middle);
  if (parts->size() < static_cast<size_t>(middle) + 2) return;
  parts->erase(std::remove_if(parts->begin(), parts->end(), is_middle), parts->end());
}

}  // namespace

std::vector<NamePart> NormalizePersonName(std::string_view full, std::string_view given,
                                          std::string_view family, std::string_view country) {
  Parts full_parts = PartsOf(full);
  Parts given_parts = PartsOf(given);
  Parts family_parts = PartsOf(family);

  Custom custom;
  custom.vietnamese = country == "VN";
  custom.m_is_monsieur = country.empty() || IsOneOf(country, {"FR", "BE", "CH", "LU", "MC"});
  for (const std::string_view text : {full, given, family}) {
    custom.vietnamese = custom.vietnamese || HasVietnameseLetters(text);
  }
  for (Parts* const parts : {&full_parts, &given_parts, &family_parts}) {
    custom.vietnamese =
        custom.vietnamese || std::any_of(parts->begin(), parts->end(), [](const std::string& part) {
          return IsVietnameseFamilyName(part);
        });
  }

  // Forms made for other names are often filled in the wrong way round.
  const auto has_family_name = [](const Parts& some) {
    return std::any_of(some.begin(), some.end(),
                       [](const std::string& part) { return IsVietnameseFamilyName(part); });
  };
  if (custom.vietnamese && !family_parts.empty() && has_family_name(given_parts) &&
      !has_family_name(family_parts)) {
    std::swap(given_parts, family_parts);
  }

  const Title title = DropTitles(custom, /*whole_name=*/true, &full_parts);
  DropTitles(custom, /*whole_name=*/family_parts.empty(), &given_parts);
  DropTitles(custom, /*whole_name=*/false, &family_parts);
  if (!custom.vietnamese) {
    for (Parts* const parts : {&full_parts, &given_parts, &family_parts}) DropParticles(parts);
  }

  std::vector<NamePart> parts;
  AddParts(given_parts, NameRole::kGiven, &parts);
  AddParts(family_parts, NameRole::kFamily, &parts);
  const bool alone = full_parts.size() == 1 && InitialOf(full_parts[0]) != full_parts[0];
  AddParts(full_parts, alone ? RoleAlone(custom, title, full_parts[0]) : NameRole::kUnknown,
           &parts);
  DropMiddleNames(&parts);
  if (parts.size() > kMaxNameParts) parts.resize(kMaxNameParts);
  return parts;
}

std::vector<NamePart> NormalizeCompanyName(std::string_view name) {
  // "S.A.R.L." to "sarl".
  Parts words;
  bool last_is_run = false;
  for (std::string& part : PartsOf(name)) {
    const bool one_letter = part.size() == 1;
    if (one_letter && last_is_run) {
      words.back().append(part);
    } else {
      words.push_back(std::move(part));
    }
    last_is_run = one_letter;
  }
  Parts kept;
  for (size_t i = 0; i < words.size(); ++i) {
    const auto follows = [&](std::string_view first, std::string_view second) {
      return words[i] == first && i + 1 < words.size() && words[i + 1] == second;
    };
    if (follows("cong", "ty") || follows("co", "phan")) {
      ++i;
    } else if (!IsLegalForm(words[i])) {
      kept.push_back(words[i]);
    }
  }
  std::vector<NamePart> parts;
  AddParts(kept.empty() ? words : kept, NameRole::kUnknown, &parts);
  return parts;
}

std::string FullNameKey(const std::vector<NamePart>& parts) {
  std::vector<std::string_view> texts;
  texts.reserve(parts.size());
  for (const NamePart& part : parts) texts.push_back(part.text);
  std::sort(texts.begin(), texts.end());
  std::string key;
  for (const std::string_view text : texts) {
    if (!key.empty()) key.push_back(' ');
    key.append(text);
  }
  return key;
}

std::string_view NicknameRoot(std::string_view part) { return RootOf(part); }

std::string_view InitialOf(std::string_view part) { return FirstLetters(part, 1); }

std::vector<std::string> OneLetterDeletions(std::string_view part) {
  std::vector<size_t> starts;
  for (size_t at = 0; at < part.size(); at = NextLetter(part, at)) starts.push_back(at);
  std::vector<std::string> deletions;
  if (starts.size() < 5) return deletions;
  starts.push_back(part.size());
  deletions.reserve(starts.size());
  for (size_t i = 0; i + 1 < starts.size(); ++i) {
    std::string text;
    text.reserve(part.size());
    text.append(part.substr(0, starts[i])).append(part.substr(starts[i + 1]));
    deletions.push_back(std::move(text));
  }
  std::sort(deletions.begin(), deletions.end());
  deletions.erase(std::unique(deletions.begin(), deletions.end()), deletions.end());
  return deletions;
}

}  // namespace carnet::vault
