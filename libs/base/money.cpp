#include "base/money.h"

#include <algorithm>

namespace carnet {
namespace {

// Codes of three letters, a space between.
constexpr std::string_view kTwoDecimals =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD "
    "CDF CHF CNY COP CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ "
    "GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL "
    "MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN "
    "QAR "
    "RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY "
    "TTD "
    "TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWL ";
constexpr std::string_view kNoDecimals =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF ";
constexpr std::string_view kThreeDecimals = "BHD IQD JOD KWD LYD OMR TND ";

bool Contains(std::string_view list, std::string_view code) {
  for (size_t i = 0; i + 3 < list.size(); i += 4) {
    if (list.substr(i, 3) == code) return true;
  }
  return false;
}

}  // namespace

std::optional<int> CurrencyExponent(std::string_view code) {
  if (code.size() != 3) return std::nullopt;
  // The two that most shops use, first.
  if (code == "EUR" || code == "USD") return 2;
  if (Contains(kNoDecimals, code)) return 0;
  if (Contains(kThreeDecimals, code)) return 3;
  if (Contains(kTwoDecimals, code)) return 2;
  return std::nullopt;
}

DecimalResult ParseDecimal(std::string_view text, int exponent) {
  DecimalResult result;
  const auto fail = [&](DecimalError error) {
    result.minor = 0;
    result.error = error;
    return result;
  };
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (whole.empty() || (point != std::string_view::npos && fraction.empty())) {
    return fail(DecimalError::kMalformed);
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!std::all_of(whole.begin(), whole.end(), is_digit) ||
      !std::all_of(fraction.begin(), fraction.end(), is_digit)) {
    return fail(DecimalError::kMalformed);
  }
  for (size_t i = static_cast<size_t>(exponent); i < fraction.size(); ++i) {
    if (fraction[i] != '0') return fail(DecimalError::kTooPrecise);
  }
  fraction = fraction.substr(0, static_cast<size_t>(exponent));
  // Built on the negative side, which reaches one further.
  int64_t value = 0;
  const auto push = [&](int digit) {
    return !__builtin_mul_overflow(value, int64_t{10}, &value) &&
           !__builtin_sub_overflow(value, int64_t{digit}, &value);
  };
  for (char c : whole) {
    if (!push(c - '0')) return fail(DecimalError::kOverflow);
  }
  for (size_t i = 0; i < static_cast<size_t>(exponent); ++i) {
    if (!push(i < fraction.size() ? fraction[i] - '0' : 0)) return fail(DecimalError::kOverflow);
  }
  if (!negative) {
    const auto positive = CheckedNegate(value);
    if (!positive) return fail(DecimalError::kOverflow);
    value = *positive;
  }
  result.minor = value;
  return result;
}

std::string FormatDecimal(int64_t minor, int exponent) {
  const bool negative = minor < 0;
  // Through unsigned: the smallest number has no positive counterpart.
  std::string digits =
      std::to_string(negative ? ~static_cast<uint64_t>(minor) + 1 : static_cast<uint64_t>(minor));
  const auto decimals = static_cast<size_t>(exponent);
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  if (decimals > 0) digits.insert(digits.size() - decimals, 1, '.');
  if (negative) digits.insert(0, 1, '-');
  return digits;
}

}  // namespace carnet
