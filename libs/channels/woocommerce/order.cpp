#include "channels/woocommerce/order.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/money.h"
#include "channels/order_builder.h"
#include "channels/payment_methods.h"
#include "channels/signature.h"
#include "channels/values.h"
#include "channels/woocommerce/customer.h"
#include "domain/reasons.h"

namespace carnet::channels::woocommerce {
namespace {

// A status as the shop's workflow has it. Plug-ins add their own, most of them between "processing"
// and "completed".
v1::OrderState StateOf(std::string_view status) {
  if (status == "pending" || status == "on-hold") return v1::ORDER_STATE_PENDING;
  if (status == "completed") return v1::ORDER_STATE_COMPLETED;
  if (status == "cancelled" || status == "failed" || status == "refunded")
    return v1::ORDER_STATE_CANCELLED;
  if (status == "trash") return v1::ORDER_STATE_DELETED;
  return v1::ORDER_STATE_CONFIRMED;
}

bool IsDraft(std::string_view status) {
  return status == "auto-draft" || status == "draft" || status == "checkout-draft" ||
         status == "new";
}

// The one signal is the payment date, but for a payment that failed or was taken back later.
bool IsPaid(std::string_view status, const Json& body) {
  if (status == "failed") return false;
  return status == "completed" || ShopTime(body, "date_paid").has_value();
}

// Of an order that is not paid. On hold: the payment is awaited, or authorised. Processing: the
// shop has taken it on, as with cash on delivery. In "pending", and in what plug-ins add, it
// depends on the method: a card payment may never be finished. The shop's staff write orders
// without a method, or with "other", and send the invoice by e-mail.
bool IsOwed(std::string_view status, const Json& body, const SourceSettings& settings) {
  if (status == "on-hold" || status == "processing") return true;
  const std::string& method = body["payment_method"].text();
  const bool is_open = method.empty() || method == "other";
  if (is_open && body["created_via"].text() == "admin") return true;
  return IsPayLater(method, settings);
}

// The shop's own tool for wishes to be forgotten leaves these in place of what it erases. The buyer
// stays who they were; nothing is said of them any more.
bool IsAnonymized(const Json& billing) {
  return LowerCase(Trimmed(billing["email"].text())) == "deleted@site.invalid" ||
         billing["first_name"].text() == "[deleted]";
}

void SetContact(const Json& body, const std::string& order_id, Item* item) {
  const std::string customer = IdText(body["customer_id"]);
  ContactMeaning buyer = BuyerOf(customer, order_id);
  const Json& billing = body["billing"];
  const Json& shipping = body["shipping"];
  if (IsAnonymized(billing)) return SetBuyer(std::move(buyer), item);
  ContactBuilder builder(&buyer.contact);
  builder.Name(billing["first_name"].text(), billing["last_name"].text());
  builder.Name(shipping["first_name"].text(), shipping["last_name"].text());
  builder.Company(billing["company"].text());
  builder.Email(billing["email"].text());
  builder.Phone(billing["phone"].text());
  builder.RecipientPhone(shipping["phone"].text(), shipping["first_name"].text(),
                         shipping["last_name"].text());
  AddAddress(billing, v1::ADDRESS_USE_BILLING, &builder);
  AddAddress(shipping, v1::ADDRESS_USE_SHIPPING, &builder);
  AddCompanyNumbers(body["meta_data"], &builder);
  // An order without a single word about its buyer is a walk-in's.
  if (customer.empty() && builder.says_nothing()) return;
  builder.Country(billing["country"].text());
  builder.Country(shipping["country"].text());
  SetBuyer(std::move(buyer), item);
}

// Refunds come as negative totals. What is refunded of a paid order went back to the buyer.
int64_t AddRefunds(const Json& body, const std::string& currency, bool paid,
                   const std::string& date, v1::OrderObserved* order,
                   std::optional<Trouble>* trouble) {
  int64_t sum = 0;
  for (const Json& entry : body["refunds"].items()) {
    const std::string id = IdText(entry["id"]);
    if (id.empty()) continue;
    int64_t amount = MinorUnits(entry.has("total") ? entry["total"] : entry["amount"], currency,
                                "a refund's total", trouble);
    if (amount < 0) amount = CheckedNegate(amount).value_or(0);
    if (amount == 0) continue;
    const auto at = ParseInstant(entry["date_created"].text());
    const std::string day = at ? at->date : date;
    if (paid) {
      AddRefund("refund:" + id, amount, amount, day, order);
    } else {
      // Less is owed, if anything was.
      AddGoodsRefund("refund:" + id, amount, day, order);
    }
    sum = SaturatedAdd(sum, amount);
  }
  return sum;
}

Meaning Deleted(const Delivery& delivery, const std::string& id) {
  Item item;
  // No time and no content: when it came is all that tells one deletion from the next.
  item.key = absl::StrCat("woocommerce|", delivery.settings.source, "|order|", id, "|deleted|",
                          delivery.received_at_micros);
  v1::OrderObserved& order = item.order.emplace();
  order.set_order_id("order:" + id);
  order.mutable_snapshot()->set_state(v1::ORDER_STATE_DELETED);
  // The payload has no time: what comes later than the deletion was said later.
  order.mutable_snapshot()->set_version(delivery.received_at_micros);
  Meaning meaning;
  meaning.items.push_back(std::move(item));
  return meaning;
}

}  // namespace

Meaning ReadOrder(const Delivery& delivery, std::string_view topic, const Json& body) {
  const std::string& source = delivery.settings.source;
  const std::string id = IdText(body["id"]);
  const std::string hash = Sha256Hex(delivery.body);
  if (id.empty()) {
    return UnusableBody(absl::StrCat("woocommerce|", source, "|", hash),
                        domain::reason::kCodeMissing, "the order has no id");
  }
  if (topic == "order.deleted") return Deleted(delivery, id);
  std::string status = LowerCase(Trimmed(body["status"].text()));
  if (status.starts_with("wc-")) status.erase(0, 3);
  if (IsDraft(status)) return Ignored("a checkout that is not finished: status " + status);
  if (status == "trash") return Deleted(delivery, id);

  Item item;
  const auto modified = ShopTime(body, "date_modified");
  const auto created = ShopTime(body, "date_created");
  const auto version = modified ? modified : created;
  const Json& version_text =
      body["date_modified_gmt"].text().empty() ? body["date_modified"] : body["date_modified_gmt"];
  item.key =
      absl::StrCat("woocommerce|", source, "|order|", id, "|", version_text.text(), "|", hash);
  if (!version || topic == "order.restored")
    absl::StrAppend(&item.key, "|received|", delivery.received_at_micros);
  if (version) {
    item.occurred_at_micros = version->micros;
    item.utc_offset_minutes = version->offset_minutes;
    item.date = version->date;
  }

  std::optional<Trouble> trouble;
  const std::string currency = CurrencyCode(body["currency"]);
  const int64_t total = MinorUnits(body["total"], currency, "the order's total", &trouble);
  if (total < 0 && !trouble) {
    trouble =
        Trouble{std::string(domain::reason::kAmountNotPositive), "the order's total is negative"};
  }
  v1::OrderObserved& order = item.order.emplace();
  order.set_order_id("order:" + id);
  order.set_unit(currency);
  v1::OrderSnapshot& snapshot = *order.mutable_snapshot();
  const int64_t at = version ? version->micros : delivery.received_at_micros;
  // Brought back from the bin: newer than the deletion, which has only our clock.
  snapshot.set_version(topic == "order.restored" ? std::max(at, delivery.received_at_micros) : at);
  snapshot.set_state(StateOf(status));
  const std::string number = Trimmed(body["number"].text());
  SetLabel(number.empty() ? id : number, snapshot.mutable_number());
  SetLabel(body["created_via"].text(), snapshot.mutable_origin());
  const std::string& method = body["payment_method"].text();
  snapshot.set_method(MethodOf(method, delivery.settings));
  SetLabel(body["payment_method_title"].text(), snapshot.mutable_method_label());
  if (created) snapshot.set_placed_date(created->date);
  const auto paid_at = ShopTime(body, "date_paid");
  snapshot.set_paid_date(paid_at ? paid_at->date : item.date);
  if (const std::string note = Trimmed(body["customer_note"].text());
      !note.empty() && note.size() <= 4096) {
    snapshot.mutable_note()->set_plain(note);
  }

  const bool paid = IsPaid(status, body);
  int64_t credited = AddRefunds(body, currency, paid, item.date, &order, &trouble);
  if (status == "refunded" && credited < total) {
    // All of it went back, whatever the list says.
    const int64_t rest = total - credited;
    if (paid) {
      AddRefund("refund:rest", rest, rest, item.date, &order);
    } else {
      AddGoodsRefund("refund:rest", rest, item.date, &order);
    }
    credited = total;
  }
  const bool called_off = status == "cancelled" || status == "failed";
  // Of an order that is called off only what was refunded had ever been owed.
  int64_t charge = total;
  if (called_off) {
    charge = paid ? std::min(credited, total) : 0;
  } else if (!paid && !IsOwed(status, body, delivery.settings)) {
    charge = 0;
  }
  SetMinor(total, snapshot.mutable_total());
  SetMinor(charge, snapshot.mutable_charge());
  SetMinor(paid ? total : 0, snapshot.mutable_paid());
  if (charge == total) {
    SetMinor(std::clamp<int64_t>(RoughMinorUnits(body["total_tax"], currency), 0, charge),
             snapshot.mutable_tax());
  }
  for (const Json& line : body["line_items"].items()) {
    AddLine({line["sku"].text(), line["name"].text(), line["quantity"].text()},
            RoughMinorUnits(line["total"], currency), &snapshot);
  }
  if (trouble) return UnusableBody(item.key, trouble->reason, trouble->detail);
  SetContact(body, id, &item);
  Meaning meaning;
  meaning.items.push_back(std::move(item));
  return meaning;
}

}  // namespace carnet::channels::woocommerce
