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

std::optional<PhoneNumber> ParseNumber(const std::string& text, const std::string& country,
                                       bool assigned) {
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  if (util.Parse(text, country.empty() ? "ZZ" : country, &number) !=
      PhoneNumberUtil::NO_PARSING_ERROR) {
    return std::nullopt;
  }
  // An extension is not part of who answers, and E.164 has none.
  number.clear_extension();
  const bool fits = assigned
                        ? util.IsValidNumber(number)
                        : util.IsPossibleNumberWithReason(number) == PhoneNumberUtil::IS_POSSIBLE;
  if (!fits) return std::nullopt;
  return number;
}

// The first reading of what was typed that gives a number.
std::optional<PhoneNumber> ReadNumber(std::string_view typed, const std::string& digits,
                                      const std::string& country, bool assigned) {
  // "31697703305" typed in the Netherlands: with their code in front it would be too long to be
  // anything else, but an unassigned number must be told so.
  if (!assigned && typed.find('+') == std::string_view::npos && digits.size() >= 11 &&
      digits.front() != '0' && !country.empty()) {
    const int code = PhoneNumberUtil::GetInstance()->GetCountryCodeForRegion(country);
    if (code != 0 && digits.starts_with(std::to_string(code))) {
      if (auto number = ParseNumber("+" + digits, country, assigned)) return number;
    }
  }
  // "0033…" typed where another prefix dials out, or none is known.
  const bool dialled_out = digits.substr(0, 2) == "00";
  if (!assigned && dialled_out) {
    return ParseNumber("+" + digits.substr(2), country, assigned);
  }
  auto number = ParseNumber(std::string(typed), country, assigned);
  if (!number && dialled_out) number = ParseNumber("+" + digits.substr(2), country, assigned);
  return number;
}

PhoneKind KindOf(const PhoneNumber& number) {
  switch (PhoneNumberUtil::GetInstance()->GetNumberType(number)) {
    case PhoneNumberUtil::MOBILE:
      return PhoneKind::kMobile;
    case PhoneNumberUtil::FIXED_LINE:
      return PhoneKind::kLandline;
    default:
      return PhoneKind::kOther;
  }
}

// What most numbers are that differ from an unassigned one in the second digit only: plans give
// out blocks, and a hole in one is most likely a block of the same kind that came later.
PhoneKind KindAround(const PhoneNumber& number) {
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  std::string national;
  util.GetNationalSignificantNumber(number, &national);
  if (national.size() < 2 || national[0] == '0') return PhoneKind::kOther;
  int mobile = 0;
  int landline = 0;
  for (char digit = '0'; digit <= '9'; ++digit) {
    national[1] = digit;
    PhoneNumber other;
    const std::string text = "+" + std::to_string(number.country_code()) + national;
    if (util.Parse(text, "ZZ", &other) != PhoneNumberUtil::NO_PARSING_ERROR ||
        !util.IsValidNumber(other)) {
      continue;
    }
    const PhoneKind kind = KindOf(other);
    mobile += kind == PhoneKind::kMobile ? 1 : 0;
    landline += kind == PhoneKind::kLandline ? 1 : 0;
  }
  if (mobile == landline) return PhoneKind::kOther;
  return mobile > landline ? PhoneKind::kMobile : PhoneKind::kLandline;
}

NormalPhone Parse(std::string_view typed, const std::string& country) {
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  std::string digits(typed);
  // Full-width and Arabic digits too.
  util.NormalizeDigitsOnly(&digits);
  if (digits.size() < kFewestDigits) return {};
  if (IsPlaceholder(digits)) return {PhoneKind::kBlocked, true, {}};

  const auto renumbered = RenumberedVietnamese(typed, digits, country);
  const std::string text = renumbered ? *renumbered : std::string(typed);
  NormalPhone normal;
  auto number = ReadNumber(text, renumbered ? renumbered->substr(1) : digits, country,
                           /*assigned=*/true);
  if (!number) {
    number = ReadNumber(text, renumbered ? renumbered->substr(1) : digits, country,
                        /*assigned=*/false);
    normal.assigned = false;
  }
  if (!number) return {};

  std::string national;
  util.GetNationalSignificantNumber(*number, &national);
  if (IsPlaceholder(national)) return {PhoneKind::kBlocked, true, {}};

  util.Format(*number, PhoneNumberUtil::E164, &normal.e164);
  normal.kind = normal.assigned ? KindOf(*number) : KindAround(*number);
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
