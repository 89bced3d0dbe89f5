#include "channels/kiotviet/order.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/money.h"
#include "channels/order_builder.h"
#include "channels/payment_methods.h"
#include "domain/reasons.h"

namespace carnet::channels::kiotviet {
namespace {

constexpr char kCurrency[] = "VND";

void SetBuyer(const Json& data, Item* item) {
  const std::string customer = IdText(Field(data, "CustomerId"));
  // Walk-ins have no id, or a negative one.
  if (customer.empty() || customer.starts_with("-")) return;
  item->contact =
      ContactMeaning{.op = ContactOp::kReference, .external_id = "customer:" + customer};
}

// 1 done, 2 called off, 3 in hand, 5 could not be delivered.
v1::OrderState InvoiceState(std::string_view status) {
  if (status == "2" || status == "5") return v1::ORDER_STATE_CANCELLED;
  return status == "3" ? v1::ORDER_STATE_SHIPPED : v1::ORDER_STATE_COMPLETED;
}

// Its ids name payments but for vouchers, which all have −1: these are told apart by the voucher.
std::string PaymentId(const Json& payment) {
  const std::string id = IdText(Field(payment, "Id"));
  if (!id.empty() && !id.starts_with("-")) return id;
  const std::string voucher = IdText(Field(payment, "VoucherId"));
  if (!voucher.empty()) return "voucher:" + voucher;
  const std::string code = Trimmed(Field(payment, "Code").text());
  return code.empty() ? std::string() : "code:" + code;
}

// 1, or in words: the payment was called off.
bool IsCalledOff(const Json& payment) {
  const std::string words = LowerCase(Field(payment, "StatusValue").text());
  return IdText(Field(payment, "Status")) == "1" || words.find("hủy") != std::string::npos ||
         words.find("huỷ") != std::string::npos;
}

struct Payments {
  int64_t in = 0;
  int64_t out = 0;
  int64_t called_off = 0;
};

// Payments by id. Negative ones gave money back. A called-off payment is none. What has no id is
// part of the total that came in.
Payments AddPayments(const Json& data, const SourceSettings& settings, const std::string& date,
                     v1::OrderObserved* order, std::optional<Trouble>* trouble) {
  Payments sums;
  for (const Json& entry : Field(data, "Payments").items()) {
    const std::string id = PaymentId(entry);
    if (id.empty()) continue;
    const int64_t amount =
        MinorUnits(Field(entry, "Amount"), kCurrency, "a payment's amount", trouble);
    if (*trouble || amount == 0) continue;
    if (IsCalledOff(entry)) {
      sums.called_off = SaturatedAdd(sums.called_off, std::max<int64_t>(amount, 0));
      continue;
    }
    const auto at = InstantOf(entry, "TransDate");
    const std::string& method = Field(entry, "Method").text();
    const std::string day = at ? at->date : date;
    if (amount < 0) {
      const auto back = CheckedNegate(amount);
      if (!back) continue;
      AddRefund("payment:" + id, 0, *back, day, order);
      auto* refund = order->mutable_refunds(order->refunds_size() - 1);
      refund->set_method(MethodOf(method, settings));
      SetLabel(method, refund->mutable_label());
      sums.out = SaturatedAdd(sums.out, *back);
    } else {
      auto* payment = AddPayment("payment:" + id, amount, day, order);
      payment->set_method(MethodOf(method, settings));
      SetLabel(method, payment->mutable_label());
      sums.in = SaturatedAdd(sums.in, amount);
    }
  }
  return sums;
}

// What came in, by the invoice's total, which is what is left after money given back. Points, a
// deposit that became part of it and the like are in it, but are no payments of their own. One that
// still counts what was called off is put right.
int64_t ReceivedOf(const Json& data, const Payments& payments) {
  int64_t received =
      SaturatedAdd(RoughMinorUnits(Field(data, "TotalPayment"), kCurrency), payments.out);
  if (payments.called_off > 0 && received >= SaturatedAdd(payments.in, payments.called_off))
    received -= payments.called_off;
  return std::max<int64_t>(received, 0);
}

v1::OrderObserved* BeginOrder(const Context& context, const Json& data, const std::string& kind,
                              Item* item, std::optional<Trouble>* trouble) {
  const std::string id = IdText(Field(data, "Id"));
  if (id.empty()) {
    *trouble = Trouble{std::string(domain::reason::kCodeMissing),
                       absl::StrCat("the ", kind, " has no id")};
  }
  item->key = absl::StrCat(context.key, "|", kind, "|", id);
  const auto at = TimeOf(data);
  SetTime(at, item);
  if (!at) absl::StrAppend(&item->key, "|received|", context.delivery.received_at_micros);
  v1::OrderObserved* const order = &item->order.emplace();
  order->set_order_id(absl::StrCat(kind, ":", id));
  order->set_unit(kCurrency);
  auto* snapshot = order->mutable_snapshot();
  snapshot->set_version(at ? at->micros : context.delivery.received_at_micros);
  SetLabel(Field(data, "Code").text(), snapshot->mutable_number());
  SetLabel(Field(data, "BranchName").text(), snapshot->mutable_origin());
  if (const auto placed = InstantOf(data, "PurchaseDate")) snapshot->set_placed_date(placed->date);
  snapshot->set_paid_date(item->date);
  if (const std::string note = Trimmed(Field(data, "Description").text());
      !note.empty() && note.size() <= 4096) {
    snapshot->mutable_note()->set_plain(note);
  }
  return order;
}

void AddLines(const Json& lines, v1::OrderSnapshot* snapshot) {
  for (const Json& line : lines.items()) {
    AddLine({Field(line, "ProductCode").text(), Field(line, "ProductName").text(),
             Field(line, "Quantity").text()},
            RoughMinorUnits(Field(line, "SubTotal"), kCurrency), snapshot);
  }
}

void Finish(const Context& context, Item item, const std::optional<Trouble>& trouble) {
  if (trouble) {
    context.meaning->unusable.push_back({item.key, *trouble});
  } else {
    AddItem(context, std::move(item));
  }
}

}  // namespace

void ReadInvoice(const Context& context, const Json& data) {
  Item item;
  std::optional<Trouble> trouble;
  v1::OrderObserved& order = *BeginOrder(context, data, "invoice", &item, &trouble);
  auto& snapshot = *order.mutable_snapshot();
  const int64_t total = MinorUnits(Field(data, "Total"), kCurrency, "Total", &trouble);
  snapshot.set_state(InvoiceState(IdText(Field(data, "Status"))));
  const bool called_off = snapshot.state() == v1::ORDER_STATE_CANCELLED;
  if (Field(data, "UsingCod").is_true()) snapshot.set_method(v1::TENDER_METHOD_CASH_ON_DELIVERY);
  const Payments payments =
      AddPayments(data, context.delivery.settings, item.date, &order, &trouble);
  if (total < 0 && !trouble) {
    // More was taken back in exchange than was sold: the shop owes the difference.
    const auto back = CheckedNegate(total);
    if (back && !called_off) AddRefund("exchange", *back, 0, item.date, &order);
  }
  SetMinor(std::max<int64_t>(total, 0), snapshot.mutable_total());
  SetMinor(called_off ? 0 : std::max<int64_t>(total, 0), snapshot.mutable_charge());
  if (!called_off) SetMinor(ReceivedOf(data, payments), snapshot.mutable_paid());
  AddLines(Field(data, "InvoiceDetails"), &snapshot);
  SetBuyer(data, &item);
  Finish(context, std::move(item), trouble);
}

void ReadOrder(const Context& context, const Json& data) {
  Item item;
  std::optional<Trouble> trouble;
  v1::OrderObserved& order = *BeginOrder(context, data, "order", &item, &trouble);
  auto& snapshot = *order.mutable_snapshot();
  const std::string status = IdText(Field(data, "Status"));
  snapshot.set_state(status == "4"   ? v1::ORDER_STATE_CANCELLED
                     : status == "3" ? v1::ORDER_STATE_COMPLETED
                     : status == "2" ? v1::ORDER_STATE_SHIPPED
                     : status == "5" ? v1::ORDER_STATE_CONFIRMED
                                     : v1::ORDER_STATE_PENDING);
  SetMinor(std::max<int64_t>(RoughMinorUnits(Field(data, "Total"), kCurrency), 0),
           snapshot.mutable_total());
  AddLines(Field(data, "OrderDetails"), &snapshot);
  SetBuyer(data, &item);
  Finish(context, std::move(item), trouble);
}

}  // namespace carnet::channels::kiotviet
