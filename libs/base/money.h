// Money as 64-bit minor units: checked arithmetic, decimal text, and how many decimals a currency
// has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carnet {

// Decimals of an ISO 4217 code as of rules version 1; nothing for a code that is no currency (funds
// codes and metals are none). Source: ISO 4217 list one, 2024; frozen, a change needs a new rules
// version.
std::optional<int> CurrencyExponent(std::string_view code);

// Sum, or nothing on overflow.
inline std::optional<int64_t> CheckedAdd(int64_t a, int64_t b) {
  int64_t sum;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

// Negation, or nothing for the smallest number.
inline std::optional<int64_t> CheckedNegate(int64_t a) {
  int64_t negated;
  if (__builtin_sub_overflow(int64_t{0}, a, &negated)) return std::nullopt;
  return negated;
}

enum class DecimalError { kMalformed, kTooPrecise, kOverflow };

struct DecimalResult {
  int64_t minor = 0;
  std::optional<DecimalError> error;
};

// "-12.5" with exponent 2 to -1250. Digits beyond the exponent must be zeros. No exponent form, no
// grouping, no spaces, at least one digit before the point. Never through a double.
DecimalResult ParseDecimal(std::string_view text, int exponent);

// -1250 with exponent 2 to "-12.50".
std::string FormatDecimal(int64_t minor, int exponent);

}  // namespace carnet
