#include "cli/text_width.h"

#include <locale.h>
#include <wchar.h>

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace carnet::cli {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// Takes the next character off `text`; kReplacement for bytes that are no UTF-8.
char32_t TakeCharacter(std::string_view* text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>((*text)[i]); };
  const uint8_t first = byte(0);
  const size_t length = first < 0x80   ? 1
                        : first < 0xC2 ? 0
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                        : first < 0xF5 ? 4
                                       : 0;
  char32_t code = length == 1 ? first : first & (0x7FU >> length);
  bool good = length != 0 && text->size() >= length;
  for (size_t i = 1; good && i < length; ++i) {
    good = (byte(i) & 0xC0) == 0x80;
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  good = good && code >= kSmallest[length] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  text->remove_prefix(good ? length : 1);
  return good ? code : kReplacement;
}

// The C library's table, in a locale that is always there, whatever the user's is.
int Width(char32_t code) {
  static const locale_t kUtf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (kUtf8 == nullptr) return 1;
  const locale_t before = uselocale(kUtf8);
  const int width = wcwidth(static_cast<wchar_t>(code));
  uselocale(before);
  return width;
}

// Marks that turn the direction of what follows: the same trick as an escape sequence.
bool TurnsDirection(char32_t code) {
  return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string printable;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t code = TakeCharacter(&text);
    const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0) || TurnsDirection(code);
    if (control || code == kReplacement) {
      printable += "\xEF\xBF\xBD";
    } else {
      printable += before.substr(0, before.size() - text.size());
    }
  }
  return printable;
}

std::string PrintableBytes(std::string_view bytes) {
  std::string shown;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    const auto next = static_cast<unsigned char>(i + 1 < bytes.size() ? bytes[i + 1] : 0);
    const bool is_control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f ||
                            (byte == 0xc2 && next >= 0x80 && next < 0xa0);
    if (is_control) {
      absl::StrAppend(&shown, "\\x", absl::Hex(byte, absl::kZeroPad2));
    } else {
      shown.push_back(bytes[i]);
    }
  }
  return shown;
}

int DisplayWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const int columns = Width(TakeCharacter(&text));
    width += columns < 0 ? 1 : columns;  // not known to the table: most letters are one wide
  }
  return width;
}

}  // namespace carnet::cli
