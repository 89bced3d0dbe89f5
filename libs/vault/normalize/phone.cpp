#include "vault/normalize/phone.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "phonenumbers/phonenumber.pb.h"
#include "phonenumbers/phonenumberutil.h"
#include "vault/lru_cache.h"
#include "vault/normalize/fold.h"

namespace carnet::vault {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr size_t kFewestDigits = 8;
// Longer than any number with its punctuation; libphonenumber itself refuses beyond 250.
constexpr size_t kMostBytes = 64;

// What people type to get past a field: 0000000000, 0600000000, 0123456789, 9876543210.
bool IsPlaceholder(std::string_view digits) {
  if (digits.size() < kFewestDigits) return false;
  const auto all_equal = [](std::string_view run) {
    return std::all_of(run.begin(), run.end(), [&](char c) { return c == run.front(); });
  };
  if (all_equal(digits)) return true;
  std::string_view subscriber = digits;
  if (subscriber.front() == '0') subscriber.remove_prefix(1);
  // One digit of the operator's, then nothing but one repeated digit.
  if (subscriber.size() >= kFewestDigits && all_equal(subscriber.substr(1))) return true;
  const auto is_run = [](std::string_view run, int step) {
    return std::adjacent_find(run.begin(), run.end(), [step](char a, char b) {
             return (a - '0' + step + 10) % 10 != b - '0';
           }) == run.end();
  };
  return is_run(digits, 1) || is_run(digits, 9);
}

// Vietnam's mobile prefixes of eleven digits (without the leading 0) and what they became on
// 2018-09-15.
constexpr std::array<std::pair<std::string_view, std::string_view>, 21> kOldVietnamesePrefixes = {{
    {"162", "32"}, {"163", "33"}, {"164", "34"}, {"165", "35"}, {"166", "36"}, {"167", "37"},
    {"168", "38"}, {"169", "39"}, {"120", "70"}, {"121", "79"}, {"122", "77"}, {"126", "76"},
    {"128", "78"}, {"123", "83"}, {"124", "84"}, {"125", "85"}, {"127", "81"}, {"129", "82"},
    {"186", "56"}, {"188", "58"}, {"199", "59"},
}};

// Today's form of an old Vietnamese mobile number; nothing for any other.
std::optional<std::string> RenumberedVietnamese(std::string_view typed, std::string_view digits,
                                                std::string_view country) {
  const bool plus = typed.find('+') != std::string_view::npos;
  std::string_view number = digits;
  if (number.substr(0, 4) == "0084") {
    number.remove_prefix(4);
  } else if (number.substr(0, 2) == "84" && (plus || country == "VN")) {
    number.remove_prefix(2);
    if (number.substr(0, 1) == "0") number.remove_prefix(1);  // +84 (0)168…
  } else if (country == "VN" && !plus && number.substr(0, 1) == "0") {
    number.remove_prefix(1);
  } else {
    return std::nullopt;
  }
  if (number.size() != 10) return std::nullopt;
  for (const auto& [old_prefix, new_prefix] : kOldVietnamesePrefixes) {
    if (number.substr(0, 3) == old_prefix) {
      return "+84" + std::string(new_prefix) + std::string(number.substr(3));
    }
  }
  return std::nullopt;
}

std::optional<PhoneNumber> ParseValid(const std::string& text, const std::string& country) {
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  if (util.Parse(text, country.empty() ? "ZZ" : country, &number) !=
          PhoneNumberUtil::NO_PARSING_ERROR ||
      !util.IsValidNumber(number)) {
    return std::nullopt;
  }
  // An extension is not part of who answers, and E.164 has none.
  number.clear_extension();
  return number;
}

NormalPhone Parse(std::string_view typed, const std::string& country) {
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  std::string text(typed);
  // Full-width and Arabic digits too.
  util.NormalizeDigitsOnly(&text);
  const std::string digits = std::move(text);
  if (digits.size() < kFewestDigits) return {};
  if (IsPlaceholder(digits)) return {PhoneKind::kBlocked, {}};

  std::optional<PhoneNumber> number;
  if (const auto renumbered = RenumberedVietnamese(typed, digits, country)) {
    number = ParseValid(*renumbered, country);
  } else {
    number = ParseValid(std::string(typed), country);
    // "0033…" typed where another prefix dials out; "33…" where the country has no such numbers of
    // its own.
    if (!number && digits.substr(0, 2) == "00") {
      number = ParseValid("+" + digits.substr(2), country);
    }
  }
  if (!number) return {};

  std::string national;
  util.GetNationalSignificantNumber(*number, &national);
  if (IsPlaceholder(national)) return {PhoneKind::kBlocked, {}};

  NormalPhone normal;
  util.Format(*number, PhoneNumberUtil::E164, &normal.e164);
  switch (util.GetNumberType(*number)) {
    case PhoneNumberUtil::MOBILE:
      normal.kind = PhoneKind::kMobile;
      break;
    case PhoneNumberUtil::FIXED_LINE:
      normal.kind = PhoneKind::kLandline;
      break;
    default:
      normal.kind = PhoneKind::kOther;
  }
  return normal;
}

}  // namespace

struct PhoneNormalizer::Impl {
  explicit Impl(size_t max_cached) : cache(max_cached) {}
  // By country and what was typed.
  LruCache<std::string, NormalPhone> cache;
};

PhoneNormalizer::PhoneNormalizer(size_t max_cached) : impl_(std::make_unique<Impl>(max_cached)) {}

PhoneNormalizer::~PhoneNormalizer() = default;

NormalPhone PhoneNormalizer::Normalize(std::string_view typed, std::string_view country) const {
  typed = Trim(typed);
  if (typed.size() > kMostBytes) return {};
  std::string region;
  if (country.size() == 2) {
    for (const char c : country) {
      region.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    }
  }
  std::string key = region;
  key.push_back('\0');
  key.append(typed);
  if (std::optional<NormalPhone> cached = impl_->cache.Get(key)) return *std::move(cached);
  NormalPhone normal = Parse(typed, region);
  impl_->cache.Put(key, normal);
  return normal;
}

}  // namespace carnet::vault
