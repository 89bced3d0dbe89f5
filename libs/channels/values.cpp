#include "channels/values.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "base/civil_date.h"
#include "base/money.h"
#include "domain/reasons.h"

namespace carnet::channels {
namespace {

namespace reason = domain::reason;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Sign, digits and where the point stands: what any way of writing a number comes to.
struct Decimal {
  bool negative = false;
  std::string digits;  // without leading zeros
  int scale = 0;       // digits after the point; not negative
};

constexpr int kMaxExponent = 40;

std::optional<Decimal> ReadDecimal(std::string_view text) {
  Decimal decimal;
  size_t at = 0;
  if (at < text.size() && (text[at] == '-' || text[at] == '+'))
    decimal.negative = text[at++] == '-';
  bool any = false;
  bool point = false;
  for (; at < text.size() && (IsDigit(text[at]) || (text[at] == '.' && !point)); ++at) {
    if (text[at] == '.') {
      point = true;
      continue;
    }
    any = true;
    decimal.digits.push_back(text[at]);
    if (point) ++decimal.scale;
  }
  if (!any) return std::nullopt;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
    ++at;
    if (at < text.size() && text[at] == '+') ++at;
    int exponent = 0;
    const auto [end, error] =
        std::from_chars(text.data() + at, text.data() + text.size(), exponent);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (exponent < -kMaxExponent || exponent > kMaxExponent) return std::nullopt;
    decimal.scale -= exponent;
  }
  if (decimal.scale < 0) {
    decimal.digits.append(static_cast<size_t>(-decimal.scale), '0');
    decimal.scale = 0;
  }
  decimal.digits.erase(0, decimal.digits.find_first_not_of('0'));
  return decimal;
}

// As ParseDecimal of base/money.h reads it.
std::string PlainText(const Decimal& decimal) {
  std::string digits = decimal.digits;
  const auto scale = static_cast<size_t>(decimal.scale);
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  std::string text = decimal.negative ? "-" : "";
  text += digits.substr(0, digits.size() - scale);
  if (scale > 0) text += "." + digits.substr(digits.size() - scale);
  return text;
}

std::string Quoted(std::string_view text) { return "\"" + CutUtf8(text, 40) + "\""; }

int64_t Fail(std::string_view why, std::string detail, std::optional<Trouble>* trouble) {
  if (!*trouble) *trouble = Trouble{std::string(why), std::move(detail)};
  return 0;
}

bool ReadNumber(std::string_view text, size_t at, size_t count, int* number) {
  if (at + count > text.size()) return false;
  for (size_t i = at; i < at + count; ++i) {
    if (!IsDigit(text[i])) return false;
  }
  std::from_chars(text.data() + at, text.data() + at + count, *number);
  return true;
}

// "Z", "+02:00", "+0200", "+02".
std::optional<int32_t> ReadOffset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  int hours = 0;
  int minutes = 0;
  if (!ReadNumber(text, 1, 2, &hours)) return std::nullopt;
  std::string_view rest = text.substr(3);
  if (rest.starts_with(":")) rest.remove_prefix(1);
  if (!rest.empty() && (rest.size() != 2 || !ReadNumber(rest, 0, 2, &minutes))) return std::nullopt;
  if (hours > 18 || minutes > 59) return std::nullopt;
  const int32_t offset = hours * 60 + minutes;
  return text[0] == '-' ? -offset : offset;
}

// Blanks beyond ASCII: no-break and ideographic spaces, marks of no width and of direction.
constexpr std::string_view kBlanks[] = {"\u00A0", "\u2007", "\u2009", "\u200B", "\u200E",
                                        "\u200F", "\u202A", "\u202B", "\u202C", "\u202D",
                                        "\u202E", "\u202F", "\u2060", "\u2066", "\u2067",
                                        "\u2068", "\u2069", "\u3000", "\uFEFF"};

// Bytes of the blank that the text begins or ends with; 0: none.
size_t BlankAt(std::string_view text, bool front) {
  if (text.empty()) return 0;
  const char c = front ? text.front() : text.back();
  if (absl::ascii_isspace(static_cast<unsigned char>(c))) return 1;
  if (static_cast<unsigned char>(c) < 0x80) return 0;
  for (const std::string_view blank : kBlanks) {
    if (front ? text.starts_with(blank) : text.ends_with(blank)) return blank.size();
  }
  return 0;
}

}  // namespace

std::string CurrencyCode(const Json& currency) {
  return absl::AsciiStrToUpper(Trimmed(currency.text()));
}

int64_t MinorUnits(const Json& amount, std::string_view currency, std::string_view what,
                   std::optional<Trouble>* trouble) {
  const auto exponent = CurrencyExponent(currency);
  if (!exponent) {
    return Fail(reason::kUnknownCurrency, absl::StrCat("no currency: ", Quoted(currency)), trouble);
  }
  const std::string name(what);
  const std::string text = Trimmed(amount.text());
  if (text.empty()) return Fail(reason::kAmountMissing, name + " is missing", trouble);
  const auto decimal = ReadDecimal(text);
  if (!decimal) {
    return Fail(reason::kAmountMalformed, name + " is no amount: " + Quoted(text), trouble);
  }
  const DecimalResult result = ParseDecimal(PlainText(*decimal), *exponent);
  if (!result.error) return result.minor;
  switch (*result.error) {
    case DecimalError::kTooPrecise:
      return Fail(reason::kAmountPrecision,
                  name + " has more decimals than " + std::string(currency) + ": " + Quoted(text),
                  trouble);
    case DecimalError::kOverflow:
      return Fail(reason::kOverflow, name + " is more than 64 bits hold", trouble);
    case DecimalError::kMalformed:
      break;
  }
  return Fail(reason::kAmountMalformed, name + " is no amount: " + Quoted(text), trouble);
}

int64_t RoughMinorUnits(const Json& amount, std::string_view currency) {
  const auto exponent = CurrencyExponent(currency);
  auto decimal = ReadDecimal(Trimmed(amount.text()));
  if (!exponent || !decimal) return 0;
  bool up = false;
  while (decimal->scale > *exponent) {
    const char last = decimal->digits.empty() ? '0' : decimal->digits.back();
    if (!decimal->digits.empty()) decimal->digits.pop_back();
    up = last >= '5';
    --decimal->scale;
  }
  const DecimalResult result = ParseDecimal(PlainText(*decimal), *exponent);
  // Kept away from the ends, so that it can be negated.
  constexpr int64_t kMost = int64_t{1} << 62;
  if (result.error || result.minor > kMost || result.minor < -kMost) return 0;
  return result.minor + (!up ? 0 : decimal->negative ? -1 : 1);
}

int64_t SaturatedAdd(int64_t a, int64_t b) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  return CheckedAdd(a, b).value_or(a < 0 ? -kMost : kMost);
}

std::optional<int64_t> MulDiv(int64_t a, int64_t b, int64_t c) {
  if (c == 0) return std::nullopt;
  const __int128 product = static_cast<__int128>(a) * b;
  const __int128 twice = product * 2 + ((product < 0) == (c < 0) ? c : -static_cast<__int128>(c));
  const __int128 result = twice / (static_cast<__int128>(c) * 2);
  if (result > std::numeric_limits<int64_t>::max() || result < std::numeric_limits<int64_t>::min())
    return std::nullopt;
  return static_cast<int64_t>(result);
}

std::string IdText(const Json& id) {
  std::string text = Trimmed(id.text());
  if (id.kind() == Json::Kind::kNumber) {
    const auto decimal = ReadDecimal(text);
    if (decimal && decimal->scale > 0) {
      text = PlainText(*decimal);
      text.erase(text.find_last_not_of('0') + 1);
      if (text.ends_with('.')) text.pop_back();
    }
  } else if (id.kind() != Json::Kind::kString) {
    return {};
  }
  return text == "0" ? std::string() : text;
}

std::string IdOfGid(const Json& id) {
  std::string text = IdText(id);
  if (!text.starts_with("gid://")) return text;
  text = text.substr(text.rfind('/') + 1);
  return text.substr(0, text.find('?'));
}

std::string Trimmed(std::string_view text) {
  while (const size_t size = BlankAt(text, /*front=*/true)) text.remove_prefix(size);
  while (const size_t size = BlankAt(text, /*front=*/false)) text.remove_suffix(size);
  return std::string(text);
}

std::string CutUtf8(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  // Not in the middle of a character.
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return std::string(text.substr(0, most));
}

std::string LowerCase(std::string_view text) {
  return absl::AsciiStrToLower(absl::string_view(text.data(), text.size()));
}

std::optional<Instant> ParseInstant(std::string_view text, int32_t default_offset_minutes) {
  if (text.size() < 10) return std::nullopt;
  const auto day = ParseCivilDay(text.substr(0, 10));
  if (!day) return std::nullopt;
  Instant instant{.offset_minutes = default_offset_minutes,
                  .date = std::string(text.substr(0, 10))};
  int hour = 0;
  int minute = 0;
  int second = 0;
  int64_t fraction = 0;
  if (text.size() > 10) {
    if (text[10] != 'T' && text[10] != ' ' && text[10] != 't') return std::nullopt;
    if (!ReadNumber(text, 11, 2, &hour) || text.size() < 16 || text[13] != ':' ||
        !ReadNumber(text, 14, 2, &minute)) {
      return std::nullopt;
    }
    size_t at = 16;
    if (at < text.size() && text[at] == ':') {
      if (!ReadNumber(text, 17, 2, &second)) return std::nullopt;
      at = 19;
    }
    if (at < text.size() && (text[at] == '.' || text[at] == ',')) {
      int64_t unit = 100'000;
      for (++at; at < text.size() && IsDigit(text[at]); ++at) {
        fraction += (text[at] - '0') * unit;
        unit /= 10;
      }
    }
    if (at < text.size()) {
      const auto offset = ReadOffset(text.substr(at));
      if (!offset) return std::nullopt;
      instant.offset_minutes = *offset;
    }
  }
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const int64_t seconds =
      int64_t{*day} * 86'400 + hour * 3600 + minute * 60 + second - instant.offset_minutes * 60;
  instant.micros = seconds * 1'000'000 + fraction;
  return instant;
}

std::optional<int64_t> ParseUnixTime(const Json& time) {
  const std::string text = IdText(time);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number <= 0) return std::nullopt;
  constexpr int64_t kLastSecond = 253402300799;
  if (number <= kLastSecond) return number * 1'000'000;
  if (number <= kLastSecond * 1000) return number * 1000;
  return std::nullopt;
}

}  // namespace carnet::channels
