#include "cli/words.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include <google/protobuf/timestamp.pb.h>

#include "base/money.h"

namespace carnet::cli {
namespace {

std::string WithUnit(std::string_view number, std::string_view unit) {
  if (number.empty()) return {};
  std::string text(number);
  if (!unit.empty()) text += " " + std::string(unit);
  return text;
}

}  // namespace

std::string AmountText(const v1::Amount& amount) {
  return WithUnit(amount.decimal(), amount.unit());
}

std::string AmountText(const v1::Balance& balance) {
  return WithUnit(balance.receivable(), balance.unit());
}

std::string AmountText(const v1::Money& money, std::string_view unit) {
  if (!money.unit().empty()) unit = money.unit();
  if (money.has_decimal()) return WithUnit(money.decimal(), unit);
  if (!money.has_minor()) return {};
  return WithUnit(FormatDecimal(money.minor(), CurrencyExponent(unit).value_or(0)), unit);
}

std::string TimeText(const google::protobuf::Timestamp& time, const absl::TimeZone& zone) {
  if (time.seconds() == 0 && time.nanos() == 0) return {};
  const absl::Time instant =
      absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  return absl::FormatTime("%Y-%m-%d %H:%M:%S %Ez", instant, zone);
}

std::string EnumWord(const google::protobuf::EnumDescriptor& type, int number) {
  const auto* value = type.FindValueByNumber(number);
  if (!value) return absl::StrCat(number);
  // All values begin like the first one, TENDER_METHOD_UNSPECIFIED.
  constexpr std::string_view kUnspecified = "UNSPECIFIED";
  std::string_view word = value->name();
  std::string_view first = type.value(0)->name();
  if (first.ends_with(kUnspecified)) first.remove_suffix(kUnspecified.size());
  if (word.starts_with(first)) word.remove_prefix(first.size());
  std::string text = absl::StrReplaceAll(std::string(word), {{"_", " "}});
  absl::AsciiStrToLower(&text);
  return text;
}

std::string Count(uint64_t count, std::string_view word) {
  std::string digits = absl::StrCat(count);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return absl::StrCat(digits, " ", std::string(word), count == 1 ? "" : "s");
}

}  // namespace carnet::cli
