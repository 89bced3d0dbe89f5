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

// An amount that may be missing: zero says no more than nothing does.
template <typename Holder>
MaybeError CanonicalizePart(bool has, Money* (Holder::*mutable_part)(), void (Holder::*clear)(),
                            std::string_view unit, const Path& field, Holder* holder) {
  if (!has) return std::nullopt;
  Money* const money = (holder->*mutable_part)();
  if (auto e = Canonicalize(money, unit, field)) return e;
  if (money->minor() == 0) (holder->*clear)();
  return std::nullopt;
}

MaybeError CanonicalizeOrder(carnet::v1::OrderObserved* order) {
  const Path root("order_observed");
  const std::string& unit = order->unit();
  const bool deleted = order->snapshot().state() == carnet::v1::ORDER_STATE_DELETED;
  if (!CurrencyExponent(unit) && !(deleted && unit.empty())) {
    return Fail(reason::kUnknownCurrency, root / "unit",
                "this is no ISO 4217 currency; codes are three capitals, such as EUR");
  }
  if (order->has_snapshot()) {
    using Snapshot = carnet::v1::OrderSnapshot;
    auto* snapshot = order->mutable_snapshot();
    const Path at = root / "snapshot";
    if (auto e = CanonicalizePart(snapshot->has_total(), &Snapshot::mutable_total,
                                  &Snapshot::clear_total, unit, at / "total", snapshot))
      return e;
    if (auto e = CanonicalizePart(snapshot->has_charge(), &Snapshot::mutable_charge,
                                  &Snapshot::clear_charge, unit, at / "charge", snapshot))
      return e;
    if (auto e = CanonicalizePart(snapshot->has_tax(), &Snapshot::mutable_tax, &Snapshot::clear_tax,
                                  unit, at / "tax", snapshot))
      return e;
    if (auto e = CanonicalizePart(snapshot->has_paid(), &Snapshot::mutable_paid,
                                  &Snapshot::clear_paid, unit, at / "paid", snapshot))
      return e;
    for (int i = 0; i < snapshot->lines_size(); ++i) {
      auto* line = snapshot->mutable_lines(i);
      using Line = carnet::v1::OrderLine;
      if (auto e = CanonicalizePart(line->has_total(), &Line::mutable_total, &Line::clear_total,
                                    unit, at / "lines" / i / "total", line))
        return e;
    }
  }
  for (int i = 0; i < order->payments_size(); ++i) {
    if (auto e = Canonicalize(order->mutable_payments(i)->mutable_amount(), unit,
                              root / "payments" / i / "amount"))
      return e;
  }
  for (int i = 0; i < order->refunds_size(); ++i) {
    using Refund = carnet::v1::OrderRefund;
    auto* refund = order->mutable_refunds(i);
    const Path at = root / "refunds" / i;
    if (auto e = CanonicalizePart(refund->has_credit(), &Refund::mutable_credit,
                                  &Refund::clear_credit, unit, at / "credit", refund))
      return e;
    if (auto e = CanonicalizePart(refund->has_payout(), &Refund::mutable_payout,
                                  &Refund::clear_payout, unit, at / "payout", refund))
      return e;
    if (auto e = CanonicalizePart(refund->has_tax(), &Refund::mutable_tax, &Refund::clear_tax, unit,
                                  at / "tax", refund))
      return e;
  }
  return std::nullopt;
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
    if (posting->has_exchanged()) {
      if (auto e = Canonicalize(posting->mutable_exchanged(), {}, Path("posting") / "exchanged"))
        return e;
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
  } else if (body->has_order_observed()) {
    if (auto e = CanonicalizeOrder(body->mutable_order_observed())) return e;
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
