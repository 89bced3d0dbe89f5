// Orders as observed: what can be checked without any state.
#include "base/civil_date.h"
#include "base/money.h"
#include "domain/form_path.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::v1::Money;
using carnet::v1::OrderObserved;

constexpr int kMaxParts = 1000;
constexpr size_t kMaxLineName = 512;

MaybeError CheckPart(const Money& money, const Path& field) {
  if (money.value_case() == Money::VALUE_NOT_SET) return std::nullopt;  // nothing, which is zero
  if (!money.unit().empty()) {
    return Fail(reason::kCurrencyMismatch, field / "unit", "inside an order amounts have its unit");
  }
  if (money.value_case() != Money::kMinor)
    return Fail(reason::kAmountMissing, field, "there is no amount in minor units");
  if (money.minor() < 0) return Fail(reason::kAmountNotPositive, field, "it must not be negative");
  return std::nullopt;
}

MaybeError CheckDay(const std::string& date, const Path& field) {
  if (date.empty() || ParseCivilDay(date)) return std::nullopt;
  return Fail(reason::kTimeMalformed, field,
              "a date is written YYYY-MM-DD and must be in the calendar");
}

MaybeError CheckMethod(carnet::v1::TenderMethod method, const Path& field) {
  if (carnet::v1::TenderMethod_IsValid(method)) return std::nullopt;
  return Fail(reason::kMethodMissing, field, "this is no method of payment");
}

MaybeError CheckId(const std::string& id, const Path& field) {
  if (id.empty()) return Fail(reason::kCodeMissing, field, "it needs the source's own id");
  return CheckText(id, field);
}

MaybeError CheckSnapshot(const carnet::v1::OrderSnapshot& snapshot, const Path& at) {
  if (auto e = CheckText(snapshot.number(), at / "number")) return e;
  if (auto e = CheckPart(snapshot.total(), at / "total")) return e;
  if (auto e = CheckPart(snapshot.charge(), at / "charge")) return e;
  if (auto e = CheckPart(snapshot.tax(), at / "tax")) return e;
  if (auto e = CheckPart(snapshot.paid(), at / "paid")) return e;
  if (snapshot.tax().minor() > snapshot.charge().minor()) {
    return Fail(reason::kAmountNotPositive, at / "tax",
                "tax is part of the charge: between zero and the charge");
  }
  if (!carnet::v1::OrderState_IsValid(snapshot.state()))
    return Fail(reason::kKindNotAllowed, at / "state", "this is no state of an order");
  if (auto e = CheckMethod(snapshot.method(), at / "method")) return e;
  if (auto e = CheckText(snapshot.method_label(), at / "method_label")) return e;
  if (auto e = CheckText(snapshot.origin(), at / "origin")) return e;
  if (auto e = CheckDay(snapshot.placed_date(), at / "placed_date")) return e;
  if (auto e = CheckDay(snapshot.paid_date(), at / "paid_date")) return e;
  if (auto e = CheckDay(snapshot.due_date(), at / "due_date")) return e;
  if (auto e = CheckCount(snapshot.lines_size(), kMaxParts, at / "lines")) return e;
  for (int i = 0; i < snapshot.lines_size(); ++i) {
    const auto& line = snapshot.lines(i);
    if (auto e = CheckText(line.sku(), at / "lines" / i / "sku")) return e;
    if (auto e = CheckText(line.name(), at / "lines" / i / "name", kMaxLineName)) return e;
    if (auto e = CheckText(line.quantity(), at / "lines" / i / "quantity", 32)) return e;
    if (line.total().value_case() == Money::kDecimal || !line.total().unit().empty())
      return Fail(reason::kAmountMissing, at / "lines" / i / "total", "give minor units alone");
  }
  return CheckPersonal(snapshot.note(), at / "note");
}

}  // namespace

MaybeError CheckOrder(const OrderObserved& order) {
  const Path root("order_observed");
  if (auto e = CheckId(order.order_id(), root / "order_id")) return e;
  const bool deleted = order.snapshot().state() == carnet::v1::ORDER_STATE_DELETED;
  if (!CurrencyExponent(order.unit()) && !(deleted && order.unit().empty())) {
    return Fail(reason::kUnknownCurrency, root / "unit", "this is no ISO 4217 currency");
  }
  if (order.has_snapshot()) {
    if (auto e = CheckSnapshot(order.snapshot(), root / "snapshot")) return e;
  }
  if (auto e = CheckCount(order.payments_size(), kMaxParts, root / "payments")) return e;
  if (auto e = CheckCount(order.refunds_size(), kMaxParts, root / "refunds")) return e;
  for (int i = 0; i < order.payments_size(); ++i) {
    const auto& payment = order.payments(i);
    const Path at = root / "payments" / i;
    if (auto e = CheckId(payment.id(), at / "id")) return e;
    if (auto e = CheckPart(payment.amount(), at / "amount")) return e;
    if (auto e = CheckMethod(payment.method(), at / "method")) return e;
    if (auto e = CheckText(payment.label(), at / "label")) return e;
    if (auto e = CheckDay(payment.date(), at / "date")) return e;
  }
  for (int i = 0; i < order.refunds_size(); ++i) {
    const auto& refund = order.refunds(i);
    const Path at = root / "refunds" / i;
    if (auto e = CheckId(refund.id(), at / "id")) return e;
    if (auto e = CheckPart(refund.credit(), at / "credit")) return e;
    if (auto e = CheckPart(refund.payout(), at / "payout")) return e;
    if (auto e = CheckPart(refund.tax(), at / "tax")) return e;
    if (auto e = CheckMethod(refund.method(), at / "method")) return e;
    if (auto e = CheckText(refund.label(), at / "label")) return e;
    if (auto e = CheckDay(refund.date(), at / "date")) return e;
  }
  if (!order.has_contact()) return std::nullopt;
  return CheckContactObserved(order.contact(), root / "contact");
}

}  // namespace carnet::domain
