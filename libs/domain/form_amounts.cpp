// Amounts: from what a caller may write to the one form that stands in the log.
#include "base/money.h"
#include "domain/form_path.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::v1::Money;

// One form for one amount: minor units, and no unit that only repeats `own_unit` (empty: the amount
// must have a unit).
MaybeError Canonicalize(Money* money, std::string_view own_unit, const Path& field) {
  if (money->unit().empty() && own_unit.empty()) {
    return Fail(reason::kUnknownCurrency, field / "unit",
                "give the currency as an ISO 4217 code, such as EUR");
  }
  const std::string unit = money->unit().empty() ? std::string(own_unit) : money->unit();
  const auto exponent = CurrencyExponent(unit);
  if (!exponent) {
    return Fail(reason::kUnknownCurrency, field / "unit",
                "this is no ISO 4217 currency; codes are three capitals, such as EUR");
  }
  if (!own_unit.empty()) {
    if (unit != own_unit) {
      return Fail(reason::kCurrencyMismatch, field / "unit",
                  "the voucher is in " + std::string(own_unit) + ", this in " + unit);
    }
    money->clear_unit();
  }
  switch (money->value_case()) {
    case Money::kMinor:
      return std::nullopt;
    case Money::kDecimal:
      break;
    default:
      return Fail(reason::kAmountMissing, field, "give `decimal` or `minor`");
  }
  const DecimalResult result = ParseDecimal(money->decimal(), *exponent);
  if (!result.error) {
    money->set_minor(result.minor);
    return std::nullopt;
  }
  switch (*result.error) {
    case DecimalError::kTooPrecise:
      return Fail(
          reason::kAmountPrecision, field / "decimal",
          unit + " has " + std::to_string(*exponent) + " decimals: further digits must be zeros");
    case DecimalError::kOverflow:
      return Fail(reason::kOverflow, field / "decimal",
                  "this is more than 64 bits of minor units hold");
    case DecimalError::kMalformed:
      break;
  }
  return Fail(reason::kAmountMalformed, field / "decimal",
              "write digits with a point, such as 12.50; no spaces, no grouping");
}

}  // namespace

std::optional<FormError> CanonicalizeAmounts(carnet::v1::Body* body,
                                             carnet::v1::Preconditions* preconditions) {
  std::string unit;
  if (body->has_posting()) {
    auto* posting = body->mutable_posting();
    if (auto e = Canonicalize(posting->mutable_total(), {}, Path("posting") / "total")) return e;
    unit = posting->total().unit();
    for (int i = 0; i < posting->tenders_size(); ++i) {
      if (auto e = Canonicalize(posting->mutable_tenders(i)->mutable_amount(), unit,
                                Path("posting") / "tenders" / i / "amount")) {
        return e;
      }
    }
    // Zero says no more than nothing does.
    if (posting->has_rounding()) {
      if (auto e = Canonicalize(posting->mutable_rounding(), unit, Path("posting") / "rounding"))
        return e;
      if (posting->rounding().minor() == 0) posting->clear_rounding();
    }
    if (posting->has_tax()) {
      if (auto e = Canonicalize(posting->mutable_tax(), unit, Path("posting") / "tax")) return e;
      if (posting->tax().minor() == 0) posting->clear_tax();
    }
  } else if (body->has_set_debt()) {
    if (auto e = Canonicalize(body->mutable_set_debt()->mutable_target(), {},
                              Path("set_debt") / "target"))
      return e;
    unit = body->set_debt().target().unit();
  }
  if (!preconditions->has_expected_balance()) return std::nullopt;
  if (unit.empty()) {
    return Fail(reason::kKindNotAllowed, Path("preconditions") / "expected_balance",
                "only set_debt has an expected balance");
  }
  return Canonicalize(preconditions->mutable_expected_balance(), unit,
                      Path("preconditions") / "expected_balance");
}

}  // namespace carnet::domain
