#include "channels/shopify/order.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/money.h"
#include "channels/order_builder.h"
#include "channels/payment_methods.h"
#include "channels/shopify/customer.h"
#include "channels/shopify/refund.h"
#include "channels/values.h"
#include "domain/reasons.h"

namespace carnet::channels::shopify {
namespace {

Meaning Of(Item item) {
  Meaning meaning;
  meaning.items.push_back(std::move(item));
  return meaning;
}

void SetTime(const Delivery& delivery, const std::optional<Instant>& at, Item* item) {
  if (at) {
    item->occurred_at_micros = at->micros;
    item->utc_offset_minutes = at->offset_minutes;
    item->date = at->date;
  } else if (const auto triggered = TriggeredAt(delivery)) {
    item->occurred_at_micros = triggered->micros;
  }
}

// What the buyer is held to, before refunds, and what they paid.
struct Sums {
  int64_t charge = 0;
  int64_t paid = 0;
};

// total_price is the order as it was placed, current_total_price what edits, returns and refunds
// left of it. What went back is known from the refunds, so both together tell of edits.
// total_outstanding is believed only where a part is paid, or more than all of it: it shows the
// full price of paid orders that came in by the API.
Sums SumsOf(const Json& body, const std::string& currency, const std::string& financial,
            int64_t total, const Refunded& refunded) {
  const bool has_current = !body["current_total_price"].text().empty();
  const int64_t current =
      has_current ? std::max<int64_t>(RoughMinorUnits(body["current_total_price"], currency), 0)
                  : total;
  const bool has_outstanding = !body["total_outstanding"].text().empty();
  const int64_t outstanding = RoughMinorUnits(body["total_outstanding"], currency);
  const int64_t overpaid = has_current ? std::max<int64_t>(-outstanding, 0) : 0;
  const int64_t most = std::max(total, current);
  // Of one that was paid and then called off nothing is left but the money.
  const bool called_off = !body["cancelled_at"].text().empty();
  if (financial == "paid" && !called_off && body["refunds"].items().empty()) {
    // Goods were taken off before it was paid, or after: then the shop owes for them.
    return {.charge = current, .paid = SaturatedAdd(current, overpaid)};
  }
  if (financial == "paid" || financial == "refunded" || financial == "partially_refunded") {
    if (called_off) return {.charge = most, .paid = most};
    // A refund of what is paid never makes a debt. Goods that went off without money had not been
    // paid, if that is what the sums say.
    const int64_t received = SaturatedAdd(SaturatedAdd(current, refunded.money), overpaid);
    return {.charge = most,
            .paid = std::clamp(received, std::max<int64_t>(most - refunded.goods, 0), most)};
  }
  const int64_t back = SaturatedAdd(refunded.money, refunded.goods);
  const int64_t charge = std::min(most, SaturatedAdd(current, back));
  if (financial != "partially_paid" || !has_outstanding) return {.charge = charge};
  const int64_t received = SaturatedAdd(SaturatedAdd(current, -outstanding), refunded.money);
  return {.charge = charge, .paid = std::clamp<int64_t>(received, 0, most)};
}

v1::OrderState StateOf(const Json& body, const std::string& financial) {
  if (!body["cancelled_at"].text().empty() || financial == "voided")
    return v1::ORDER_STATE_CANCELLED;
  const std::string fulfilled = LowerCase(body["fulfillment_status"].text());
  if (fulfilled == "fulfilled") {
    const bool settled = financial == "paid" || financial.find("refunded") != std::string::npos;
    return settled ? v1::ORDER_STATE_COMPLETED : v1::ORDER_STATE_SHIPPED;
  }
  if (fulfilled == "partial") return v1::ORDER_STATE_PREPARED;
  return financial == "pending" ? v1::ORDER_STATE_PENDING : v1::ORDER_STATE_CONFIRMED;
}

void SetContact(const Json& body, const std::string& order_id, Item* item) {
  const Json& customer = body["customer"];
  const std::string id = IdOfGid(customer["id"]);
  ContactMeaning buyer = BuyerOf(id, order_id);
  ContactBuilder builder(&buyer.contact);
  const Json& billing = body["billing_address"];
  const Json& shipping = body["shipping_address"];
  builder.Name(customer["first_name"].text(), customer["last_name"].text());
  builder.Name(billing["first_name"].text(), billing["last_name"].text());
  builder.Name(shipping["first_name"].text(), shipping["last_name"].text());
  builder.FullName(billing["name"].text());
  builder.FullName(shipping["name"].text());
  builder.Company(billing["company"].text());
  builder.Email(body["email"].text());
  builder.Email(body["contact_email"].text());
  builder.Email(customer["email"].text());
  builder.Phone(body["phone"].text());
  builder.Phone(customer["phone"].text());
  builder.Phone(billing["phone"].text());
  builder.RecipientPhone(shipping["phone"].text(), shipping["first_name"].text(),
                         shipping["last_name"].text());
  AddAddress(billing, v1::ADDRESS_USE_BILLING, &builder);
  AddAddress(shipping, v1::ADDRESS_USE_SHIPPING, &builder);
  if (id.empty() && builder.says_nothing()) return;
  builder.Language(body["customer_locale"].text());
  builder.Country(billing["country_code"].text());
  builder.Country(shipping["country_code"].text());
  builder.Country(customer["default_address"]["country_code"].text());
  SetBuyer(std::move(buyer), item);
}

std::string GatewayOf(const Json& body) {
  std::string gateway = body["gateway"].text();
  // Where a gift card paid a part the other one says more.
  for (const Json& name : body["payment_gateway_names"].items()) {
    if (gateway.empty() || LowerCase(name.text()).find("gift") == std::string::npos)
      gateway = name.text();
  }
  return gateway;
}

// Only the order itself says what that is in the shop's currency, and it comes, too.
constexpr char kInBuyersCurrency[] =
    "money in the buyer's currency: orders/updated brings it in the shop's";

bool IsInBuyersCurrency(const std::optional<Trouble>& trouble) {
  return trouble && trouble->reason == domain::reason::kCurrencyMismatch;
}

Meaning Deleted(const Delivery& delivery, std::string_view topic, const std::string& id) {
  const auto at = TriggeredAt(delivery);
  Item item{.key = KeyOf(delivery, topic)};
  if (!at) absl::StrAppend(&item.key, "|received|", delivery.received_at_micros);
  SetTime(delivery, std::nullopt, &item);
  v1::OrderObserved& order = item.order.emplace();
  order.set_order_id("order:" + id);
  order.mutable_snapshot()->set_state(v1::ORDER_STATE_DELETED);
  order.mutable_snapshot()->set_version(at ? at->micros : delivery.received_at_micros);
  return Of(std::move(item));
}

}  // namespace

Meaning ReadOrder(const Delivery& delivery, std::string_view topic, const Json& body) {
  const std::string id = IdOfGid(body["id"]);
  const std::string key = KeyOf(delivery, topic);
  if (id.empty()) return UnusableBody(key, domain::reason::kCodeMissing, "the order has no id");
  if (topic == "orders/delete") return Deleted(delivery, topic, id);
  if (body["test"].is_true()) return Ignored("a test order");
  Item item{.key = key};
  auto at = ParseInstant(body["updated_at"].text());
  if (!at) at = TriggeredAt(delivery);
  const auto created = ParseInstant(body["created_at"].text());
  if (!at) at = created;
  if (!at) absl::StrAppend(&item.key, "|received|", delivery.received_at_micros);
  SetTime(delivery, at, &item);

  std::optional<Trouble> trouble;
  const Json& shop_money = body["total_price_set"]["shop_money"];
  const std::string currency =
      CurrencyCode(body.has("currency") ? body["currency"] : shop_money["currency_code"]);
  const int64_t total =
      MinorUnits(body.has("total_price") ? body["total_price"] : shop_money["amount"], currency,
                 "total_price", &trouble);
  if (total < 0 && !trouble) {
    trouble = Trouble{std::string(domain::reason::kAmountNotPositive), "total_price is negative"};
  }
  v1::OrderObserved& order = item.order.emplace();
  order.set_order_id("order:" + id);
  order.set_unit(currency);
  v1::OrderSnapshot& snapshot = *order.mutable_snapshot();
  snapshot.set_version(at ? at->micros : delivery.received_at_micros);
  const std::string financial = LowerCase(body["financial_status"].text());
  snapshot.set_state(StateOf(body, financial));
  const std::string number = Trimmed(body["name"].text());
  SetLabel(number.empty() ? id : number, snapshot.mutable_number());
  SetLabel(body["source_name"].text(), snapshot.mutable_origin());
  const std::string gateway = GatewayOf(body);
  snapshot.set_method(MethodOf(gateway, delivery.settings));
  SetLabel(gateway, snapshot.mutable_method_label());
  if (created) snapshot.set_placed_date(created->date);
  snapshot.set_paid_date(item.date);
  for (const Json& schedule : body["payment_terms"]["payment_schedules"].items()) {
    if (const auto due = ParseInstant(schedule["due_at"].text())) snapshot.set_due_date(due->date);
  }
  if (const std::string note = Trimmed(body["note"].text()); !note.empty() && note.size() <= 4096)
    snapshot.mutable_note()->set_plain(note);

  const OrderMoney money = OrderMoneyOf(body, currency);
  Refunded refunded;
  for (const Json& refund : body["refunds"].items()) {
    const Refunded part = AddRefundOf(refund, currency, money, &order, &trouble);
    refunded.money = SaturatedAdd(refunded.money, part.money);
    refunded.goods = SaturatedAdd(refunded.goods, part.goods);
  }
  auto [charge, paid] = SumsOf(body, currency, financial, total, refunded);
  if (financial == "refunded" && refunded.money < paid) {
    // All of it went back, whatever the list says.
    const int64_t rest = paid - refunded.money;
    AddRefund("refund:rest", rest, rest, item.date, &order);
    refunded.money = paid;
  }
  // Of an order that is called off, or of which the payment was void, only what was refunded had
  // ever been owed.
  if (snapshot.state() == v1::ORDER_STATE_CANCELLED) charge = std::min(charge, refunded.money);
  SetMinor(total, snapshot.mutable_total());
  SetMinor(charge, snapshot.mutable_charge());
  SetMinor(paid, snapshot.mutable_paid());
  if (charge == total) {
    SetMinor(std::clamp<int64_t>(RoughMinorUnits(body["total_tax"], currency), 0, charge),
             snapshot.mutable_tax());
  }
  for (const Json& line : body["line_items"].items()) {
    const int64_t price = RoughMinorUnits(line["price"], currency);
    const int64_t quantity = RoughMinorUnits(line["quantity"], "JPY");
    AddLine({line["sku"].text(), line["name"].text(), line["quantity"].text()},
            MulDiv(price, quantity, 1).value_or(0), &snapshot);
  }
  if (trouble) return UnusableBody(key, trouble->reason, trouble->detail);
  SetContact(body, id, &item);
  return Of(std::move(item));
}

Meaning ReadRefund(const Delivery& delivery, std::string_view topic, const Json& body) {
  const std::string key = KeyOf(delivery, topic);
  const std::string order_id = IdOfGid(body["order_id"]);
  if (order_id.empty()) {
    return UnusableBody(key, domain::reason::kCodeMissing, "the refund names no order");
  }
  Item item{.key = key};
  auto at = ParseInstant(body["processed_at"].text());
  if (!at) at = ParseInstant(body["created_at"].text());
  SetTime(delivery, at, &item);
  std::optional<Trouble> trouble;
  v1::OrderObserved& order = item.order.emplace();
  order.set_order_id("order:" + order_id);
  const std::string currency = ShopCurrencyOf(body);
  order.set_unit(currency);
  AddRefundOf(body, currency, OrderMoney(), &order, &trouble);
  if (IsInBuyersCurrency(trouble)) return Ignored(kInBuyersCurrency);
  if (trouble) return UnusableBody(key, trouble->reason, trouble->detail);
  if (order.refunds().empty())
    return Ignored("a refund that gives nothing back (yet): goods went back to the shelf, no more");
  return Of(std::move(item));
}

Meaning ReadTransaction(const Delivery& delivery, std::string_view topic, const Json& body) {
  const std::string key = KeyOf(delivery, topic);
  if (body["test"].is_true()) return Ignored("a test transaction");
  const std::string kind = LowerCase(body["kind"].text());
  const std::string status = LowerCase(body["status"].text());
  if (status != "success") return Ignored("a transaction that did not succeed: status " + status);
  if (kind != "sale" && kind != "capture" && kind != "refund" && kind != "change")
    return Ignored("a transaction that moves no money: kind " + kind);
  const std::string id = IdOfGid(body["id"]);
  const std::string order_id = IdOfGid(body["order_id"]);
  if (id.empty() || order_id.empty()) {
    return UnusableBody(key, domain::reason::kCodeMissing, "the transaction has no id or order");
  }
  Item item{.key = key};
  auto at = ParseInstant(body["processed_at"].text());
  if (!at) at = ParseInstant(body["created_at"].text());
  SetTime(delivery, at, &item);
  std::optional<Trouble> trouble;
  const std::string currency = ShopCurrencyOf(body);
  const int64_t amount = ShopAmountOf(body, currency, OrderMoney(), &trouble);
  if (IsInBuyersCurrency(trouble)) return Ignored(kInBuyersCurrency);
  if (trouble) return UnusableBody(key, trouble->reason, trouble->detail);
  v1::OrderObserved& order = item.order.emplace();
  order.set_order_id("order:" + order_id);
  order.set_unit(currency);
  const std::string& gateway = body["gateway"].text();
  if (kind == "refund" || kind == "change") {
    // Change is handed back of what was given at the till: nobody is credited for it.
    AddRefund("transaction:" + id, kind == "refund" ? amount : 0, amount, item.date, &order);
    order.mutable_refunds(0)->set_method(MethodOf(gateway, delivery.settings));
    SetLabel(gateway, order.mutable_refunds(0)->mutable_label());
  } else {
    v1::OrderPayment* payment = AddPayment("transaction:" + id, amount, item.date, &order);
    payment->set_method(MethodOf(gateway, delivery.settings));
    SetLabel(gateway, payment->mutable_label());
  }
  return Of(std::move(item));
}

}  // namespace carnet::channels::shopify
