// Amounts, ids and times out of payloads, each from its text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "channels/json.h"

namespace carnet::channels {

// What is wrong with a payload that is authentic: a reason of domain/reasons.h and a sentence.
struct Trouble {
  std::string reason;
  std::string detail;
};

// A currency as ISO 4217 writes it: in capitals, without white space. Empty where there is none.
std::string CurrencyCode(const Json& currency);

// Minor units of an amount, written as a string or as a number ("89.90", 500000.0, 1.5e3).
// Trouble: UNKNOWN_CURRENCY, AMOUNT_MISSING, AMOUNT_MALFORMED, AMOUNT_PRECISION, OVERFLOW; `what`
// names the field. Returns 0 then; a trouble that is there already is kept.
int64_t MinorUnits(const Json& amount, std::string_view currency, std::string_view what,
                   std::optional<Trouble>* trouble);

// The same where nothing hangs on it (tax, a line): rounded half away from zero, 0 where it is no
// amount.
int64_t RoughMinorUnits(const Json& amount, std::string_view currency);

// Sum and difference that stop at the ends of 64 bits, for what is only compared or clamped.
int64_t SaturatedAdd(int64_t a, int64_t b);

// a · b / c, rounded half away from zero; nothing where c is 0 or the result is too large.
std::optional<int64_t> MulDiv(int64_t a, int64_t b, int64_t c);

// An id as text: digits of a number (9001.0 and 9001 are one), a string as it is. Empty for null,
// and for zero, which channels write for "none".
std::string IdText(const Json& id);

// The last part of "gid://shopify/Customer/42", or the id as it is.
std::string IdOfGid(const Json& id);

// Without white space and invisible marks (of direction, of no width) at either end: they come
// along with what is copied from elsewhere.
std::string Trimmed(std::string_view text);
// At most so many bytes, cut between characters.
std::string CutUtf8(std::string_view text, size_t most);
std::string LowerCase(std::string_view text);

// An instant: "2026-09-01T08:15:00", with or without fraction (any number of digits), and with
// "Z", "+02:00", "+0200" or nothing, where `default_offset_minutes` stands in. A space may stand
// for the T.
struct Instant {
  int64_t micros = 0;  // since 1970 UTC
  int32_t offset_minutes = 0;
  std::string date;  // the civil day as written, YYYY-MM-DD
};
std::optional<Instant> ParseInstant(std::string_view text, int32_t default_offset_minutes = 0);

// Of Unix time in seconds, or in milliseconds where the number is that large.
std::optional<int64_t> ParseUnixTime(const Json& time);

}  // namespace carnet::channels
