#include "vault/normalize/fold.h"

#include <algorithm>
#include <string>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include "base/fatal.h"

namespace carnet::vault {
namespace {

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// A mark that people leave out: accents, Hebrew points, Arabic vowels. In other scripts a mark can
// be a whole vowel.
bool IsDroppedMark(UChar32 c) {
  return (c >= 0x0300 && c <= 0x036F) || (c >= 0x0483 && c <= 0x0487) ||
         (c >= 0x0591 && c <= 0x05C7 && u_charType(c) == U_NON_SPACING_MARK) ||
         (c >= 0x064B && c <= 0x065F) || c == 0x0670 || (c >= 0x1AB0 && c <= 0x1AFF) ||
         (c >= 0x1DC0 && c <= 0x1DFF) || (c >= 0x20D0 && c <= 0x20FF) ||
         (c >= 0xFE20 && c <= 0xFE2F);
}

// Lower-case letters that do not decompose; null for any other.
const char* Replacement(UChar32 c) {
  switch (c) {
    case 0x00E6:
      return "ae";  // æ
    case 0x00F0:
      return "d";  // ð
    case 0x00F8:
      return "o";  // ø
    case 0x00FE:
      return "th";  // þ
    case 0x0111:
      return "d";  // đ
    case 0x0127:
      return "h";  // ħ
    case 0x0131:
      return "i";  // ı
    case 0x0138:
      return "k";  // ĸ
    case 0x0142:
      return "l";  // ł
    case 0x014B:
      return "n";  // ŋ
    case 0x0153:
      return "oe";  // œ
    case 0x0167:
      return "t";  // ŧ
    case 0x0259:
      return "e";  // ə
    default:
      return nullptr;
  }
}

const icu::Normalizer2& Instance(const icu::Normalizer2* (*get)(UErrorCode&)) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* instance = get(error);
  if (U_FAILURE(error)) Fatal(std::string("ICU has no data: ") + u_errorName(error));
  return *instance;
}

std::string FoldOnce(std::string_view text) {
  static const icu::Normalizer2& casefold = Instance(&icu::Normalizer2::getNFKCCasefoldInstance);
  static const icu::Normalizer2& decompose = Instance(&icu::Normalizer2::getNFKDInstance);

  UErrorCode error = U_ZERO_ERROR;
  const icu::UnicodeString typed = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  const icu::UnicodeString folded = decompose.normalize(casefold.normalize(typed, error), error);
  CARNET_ASSERT(U_SUCCESS(error));

  std::string out;
  out.reserve(text.size());
  for (int32_t i = 0; i < folded.length();) {
    const UChar32 c = folded.char32At(i);
    i += U16_LENGTH(c);
    if (c < 0x80) {
      out.push_back(static_cast<char>(c));
    } else if (IsDroppedMark(c)) {
      continue;
    } else if (const char* replacement = Replacement(c)) {
      out.append(replacement);
    } else {
      icu::UnicodeString(c).toUTF8String(out);
    }
  }
  return out;
}

}  // namespace

std::string Fold(std::string_view text) {
  if (IsAscii(text)) {
    std::string lower(text);
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
  }
  // Dropping a mark can bring letters together that fold once more; in living languages the first
  // pass is the last.
  std::string folded = FoldOnce(text);
  for (int pass = 0; pass < 3 && !IsAscii(folded); ++pass) {
    std::string again = FoldOnce(folded);
    if (again == folded) break;
    folded = std::move(again);
  }
  return folded;
}

std::vector<std::string_view> Words(std::string_view folded) {
  std::vector<std::string_view> words;
  const auto length = static_cast<int32_t>(folded.size());
  int32_t begin = -1;
  for (int32_t i = 0; i < length;) {
    const int32_t at = i;
    UChar32 c;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"  // inside ICU's macro
    U8_NEXT(folded.data(), i, length, c);
#pragma GCC diagnostic pop
    const bool in_word =
        c >= 0 &&
        (c < 0x80 ? (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
                  : u_isalnum(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0);
    if (in_word && begin < 0) begin = at;
    if (!in_word && begin >= 0) {
      words.push_back(folded.substr(static_cast<size_t>(begin), static_cast<size_t>(at - begin)));
      begin = -1;
    }
  }
  if (begin >= 0) words.push_back(folded.substr(static_cast<size_t>(begin)));
  return words;
}

std::string_view Trim(std::string_view text) {
  // White space of ASCII, and U+00A0, which spreadsheets like.
  constexpr std::string_view kSpaces = " \t\r\n\f\v";
  while (!text.empty()) {
    if (kSpaces.find(text.front()) != std::string_view::npos) {
      text.remove_prefix(1);
    } else if (kSpaces.find(text.back()) != std::string_view::npos) {
      text.remove_suffix(1);
    } else if (text.substr(0, 2) == "\xC2\xA0") {
      text.remove_prefix(2);
    } else if (text.size() >= 2 && text.substr(text.size() - 2) == "\xC2\xA0") {
      text.remove_suffix(2);
    } else {
      break;
    }
  }
  return text;
}

}  // namespace carnet::vault
