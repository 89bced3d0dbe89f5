#include "channels/square/square.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/money.h"
#include "channels/contact_builder.h"
#include "channels/json.h"
#include "channels/order_builder.h"
#include "channels/signature.h"
#include "channels/values.h"
#include "domain/reasons.h"

namespace carnet::channels::square {
namespace {

Meaning Of(Item item) {
  Meaning meaning;
  meaning.items.push_back(std::move(item));
  return meaning;
}

void SetTime(const Json& object, const Json& event, Item* item) {
  auto at = ParseInstant(object["updated_at"].text());
  if (!at) at = ParseInstant(object["created_at"].text());
  if (!at) at = ParseInstant(event["created_at"].text());
  if (!at) return;
  item->occurred_at_micros = at->micros;
  item->utc_offset_minutes = at->offset_minutes;
  item->date = at->date;
}

void AddAddress(const Json& address, ContactBuilder* builder) {
  builder->Country(address["country"].text());
  builder->Address(
      {.recipient = Trimmed(address["first_name"].text() + " " + address["last_name"].text()),
       .line1 = address["address_line_1"].text(),
       .line2 = address["address_line_2"].text(),
       .postcode = address["postal_code"].text(),
       .town = address["locality"].text(),
       .region = address["administrative_district_level_1"].text(),
       .country = address["country"].text()},
      v1::ADDRESS_USE_BILLING);
}

Meaning Merged(Item base, const Json& merge) {
  Meaning meaning;
  const std::string into = IdText(merge["to_customer_id"]);
  for (const Json& from : merge["from_customer_ids"].items()) {
    const std::string id = IdText(from);
    if (id.empty() || id == into) continue;
    Item item = base;
    item.key += "|" + id;
    item.contact = ContactMeaning{
        .op = ContactOp::kMerge, .external_id = "customer:" + id, .into = "customer:" + into};
    meaning.items.push_back(std::move(item));
  }
  return meaning;
}

Meaning ReadCustomer(const std::string& key, const std::string& type, const Json& event) {
  const Json& object = event["data"]["object"];
  const Json& customer = object["customer"];
  std::string id = IdText(customer["id"]);
  if (id.empty()) id = IdText(event["data"]["id"]);
  if (id.empty()) {
    return UnusableBody(key, domain::reason::kExternalIdMalformed, "the customer has no id");
  }
  Item item{.key = key};
  SetTime(customer, event, &item);
  ContactMeaning& contact = item.contact.emplace();
  contact.external_id = "customer:" + id;
  const Json& merge = object["event_context"]["merge"];
  if (type == "customer.deleted") {
    if (merge.is_object() && !IdText(merge["to_customer_id"]).empty()) {
      if (merge["from_customer_ids"].items().empty()) {
        contact.op = ContactOp::kMerge;
        contact.into = "customer:" + IdText(merge["to_customer_id"]);
        return Of(std::move(item));
      }
      return Merged(std::move(item), merge);
    }
    contact.op = ContactOp::kUnlink;
    return Of(std::move(item));
  }
  contact.op = ContactOp::kUpsert;
  ContactBuilder builder(&contact.contact);
  builder.Name(customer["given_name"].text(), customer["family_name"].text());
  builder.FullName(customer["nickname"].text());
  builder.Company(customer["company_name"].text());
  builder.Email(customer["email_address"].text());
  builder.Phone(customer["phone_number"].text());
  builder.BirthDate(customer["birthday"].text());
  builder.CompanyNumber("vat", customer["tax_ids"]["eu_vat"].text());
  AddAddress(customer["address"], &builder);
  if (customer["preferences"]["email_unsubscribed"].is_true() && customer.has("email_address")) {
    contact.consents.push_back({.channel = "email",
                                .address = customer["email_address"].text(),
                                .state = "unsubscribed",
                                .at = customer["updated_at"].text()});
  }
  return Of(std::move(item));
}

// Integers in minor units.
int64_t MoneyOf(const Json& money, std::string_view what, std::string* currency,
                std::optional<Trouble>* trouble) {
  if (!money.has("amount")) return 0;
  const std::string code = CurrencyCode(money["currency"]);
  if (currency->empty()) *currency = code;
  if (!CurrencyExponent(code) && !*trouble) {
    *trouble =
        Trouble{std::string(domain::reason::kUnknownCurrency),
                absl::StrCat(std::string(what), " is in no currency: \"", CutUtf8(code, 40), "\"")};
  } else if (code != *currency && !*trouble) {
    *trouble =
        Trouble{std::string(domain::reason::kCurrencyMismatch),
                absl::StrCat(std::string(what), " is in ", code, ", the rest in ", *currency)};
  }
  if (*trouble) return 0;
  // Read as whole units of a currency without decimals: the text is minor units already.
  const int64_t amount = MinorUnits(money["amount"], "JPY", what, trouble);
  if (amount < 0 && !*trouble) {
    *trouble = Trouble{std::string(domain::reason::kAmountNotPositive),
                       std::string(what) + " is negative"};
  }
  return amount;
}

v1::TenderMethod MethodOfPayment(const Json& payment) {
  const std::string type = payment["source_type"].text();
  if (type == "CASH") return v1::TENDER_METHOD_CASH;
  if (type == "BANK_ACCOUNT") return v1::TENDER_METHOD_DIRECT_DEBIT;
  if (type == "WALLET" || type == "BUY_NOW_PAY_LATER" || type == "SQUARE_ACCOUNT")
    return v1::TENDER_METHOD_WALLET;
  if (type == "EXTERNAL") return v1::TENDER_METHOD_TRANSFER;
  return v1::TENDER_METHOD_CARD;
}

void SetBuyer(const std::string& customer, Item* item) {
  if (customer.empty()) return;
  item->contact =
      ContactMeaning{.op = ContactOp::kReference, .external_id = "customer:" + customer};
}

// A payment that was taken is a sale that was paid: each of both is its amount.
Meaning ReadPayment(const std::string& key, const Json& event) {
  const Json& payment = event["data"]["object"]["payment"];
  const std::string id = IdText(payment["id"]);
  if (id.empty()) return UnusableBody(key, domain::reason::kCodeMissing, "the payment has no id");
  if (payment["application_details"]["square_product"].text() == "INVOICES")
    return Ignored("a payment of an invoice: invoice.payment_made brings it");
  Item item{.key = key};
  SetTime(payment, event, &item);
  std::optional<Trouble> trouble;
  std::string currency;
  const Json& money = payment.has("total_money") ? payment["total_money"] : payment["amount_money"];
  const int64_t amount = MoneyOf(money, "the payment's amount", &currency, &trouble);
  const std::string status = payment["status"].text();
  v1::OrderObserved& order = item.order.emplace();
  order.set_order_id("payment:" + id);
  order.set_unit(currency);
  auto& snapshot = *order.mutable_snapshot();
  snapshot.set_version(item.occurred_at_micros.value_or(0));
  snapshot.set_method(MethodOfPayment(payment));
  SetMinor(amount, snapshot.mutable_total());
  snapshot.set_placed_date(item.date);
  if (status == "COMPLETED" || status == "APPROVED") {
    // Approved, not captured: owed.
    snapshot.set_state(status == "COMPLETED" ? v1::ORDER_STATE_COMPLETED : v1::ORDER_STATE_PENDING);
    SetMinor(amount, snapshot.mutable_charge());
    if (status == "COMPLETED") AddPayment("payment:" + id + ":received", amount, item.date, &order);
  } else if (status == "PENDING") {
    snapshot.set_state(v1::ORDER_STATE_PENDING);
  } else {
    snapshot.set_state(v1::ORDER_STATE_CANCELLED);
  }
  if (currency.empty() && !trouble) {
    trouble =
        Trouble{std::string(domain::reason::kAmountMissing), "the payment's amount is missing"};
  }
  if (trouble) return UnusableBody(key, trouble->reason, trouble->detail);
  SetBuyer(IdText(payment["customer_id"]), &item);
  return Of(std::move(item));
}

Meaning ReadRefund(const std::string& key, const Json& event) {
  const Json& refund = event["data"]["object"]["refund"];
  const std::string status = refund["status"].text();
  if (status != "COMPLETED") return Ignored("a refund that is not through: status " + status);
  const std::string id = IdText(refund["id"]);
  const std::string payment = IdText(refund["payment_id"]);
  if (id.empty() || payment.empty()) {
    return UnusableBody(key, domain::reason::kCodeMissing, "the refund has no id or payment");
  }
  Item item{.key = key};
  SetTime(refund, event, &item);
  std::optional<Trouble> trouble;
  std::string currency;
  const int64_t amount =
      MoneyOf(refund["amount_money"], "the refund's amount", &currency, &trouble);
  v1::OrderObserved& order = item.order.emplace();
  order.set_order_id("payment:" + payment);
  order.set_unit(currency);
  AddRefund("refund:" + id, amount, amount, item.date, &order);
  if (currency.empty() && !trouble) {
    trouble =
        Trouble{std::string(domain::reason::kAmountMissing), "the refund's amount is missing"};
  }
  if (trouble) return UnusableBody(key, trouble->reason, trouble->detail);
  return Of(std::move(item));
}

Meaning ReadInvoice(const std::string& key, const std::string& type, const Json& event) {
  const Json& invoice = event["data"]["object"]["invoice"];
  std::string id = IdText(invoice["id"]);
  if (id.empty()) id = IdText(event["data"]["id"]);
  if (id.empty()) return UnusableBody(key, domain::reason::kCodeMissing, "the invoice has no id");
  const std::string status = invoice["status"].text();
  if (status == "DRAFT" || status == "SCHEDULED")
    return Ignored("an invoice that was not sent: status " + status);
  Item item{.key = key};
  SetTime(invoice, event, &item);
  std::optional<Trouble> trouble;
  std::string currency;
  int64_t total = 0;
  int64_t paid = 0;
  v1::OrderObserved& order = item.order.emplace();
  auto& snapshot = *order.mutable_snapshot();
  for (const Json& request : invoice["payment_requests"].items()) {
    const Json& due = request.has("computed_amount_money")
                          ? request["computed_amount_money"]
                          : request["fixed_amount_requested_money"];
    total = SaturatedAdd(total, MoneyOf(due, "an amount that is due", &currency, &trouble));
    paid = SaturatedAdd(paid, MoneyOf(request["total_completed_amount_money"],
                                      "an amount that is paid", &currency, &trouble));
    if (const auto day = ParseInstant(request["due_date"].text())) snapshot.set_due_date(day->date);
  }
  order.set_order_id("invoice:" + id);
  const bool gone = type == "invoice.canceled" || type == "invoice.deleted" ||
                    status == "CANCELED" || status == "FAILED";
  order.set_unit(currency);
  snapshot.set_state(type == "invoice.deleted" ? v1::ORDER_STATE_DELETED
                     : gone                    ? v1::ORDER_STATE_CANCELLED
                     : status == "PAID"        ? v1::ORDER_STATE_COMPLETED
                                               : v1::ORDER_STATE_PENDING);
  if (gone && currency.empty()) snapshot.set_state(v1::ORDER_STATE_DELETED);
  snapshot.set_version(item.occurred_at_micros.value_or(0));
  SetLabel(invoice["invoice_number"].text(), snapshot.mutable_number());
  if (const auto placed = ParseInstant(invoice["created_at"].text()))
    snapshot.set_placed_date(placed->date);
  if (!currency.empty()) {
    SetMinor(total, snapshot.mutable_total());
    SetMinor(gone ? 0 : total, snapshot.mutable_charge());
    SetMinor(paid, snapshot.mutable_paid());
  }
  if (currency.empty() && !gone && !trouble) {
    trouble =
        Trouble{std::string(domain::reason::kAmountMissing), "the invoice's amounts are missing"};
  }
  if (trouble) return UnusableBody(key, trouble->reason, trouble->detail);
  SetBuyer(IdText(invoice["primary_recipient"]["customer_id"]), &item);
  return Of(std::move(item));
}

}  // namespace

Meaning Read(const Delivery& delivery) {
  const auto event = Json::Parse(delivery.body);
  if (!event || !event->is_object()) {
    return UnusableBody("square|" + Sha256Hex(delivery.body), domain::reason::kUnparsable,
                        "the body is no JSON object");
  }
  std::string type = (*event)["type"].text();
  if (type.empty()) type = delivery.topic;
  std::string id = IdText((*event)["event_id"]);
  const std::string key = "square|" + (id.empty() ? Sha256Hex(delivery.body) : id);
  if (type.empty())
    return UnusableBody(key, domain::reason::kUnparsable, "nothing says which type this is");
  if (type == "customer.created" || type == "customer.updated" || type == "customer.deleted")
    return ReadCustomer(key, type, *event);
  if (type == "payment.created" || type == "payment.updated") return ReadPayment(key, *event);
  if (type == "refund.created" || type == "refund.updated") return ReadRefund(key, *event);
  if (type.starts_with("invoice.")) return ReadInvoice(key, type, *event);
  return Ignored("type " + CutUtf8(type, 80) + " is about neither customers nor their money");
}

bool IsSigned(const Delivery& delivery, std::span<const std::string> secrets) {
  const auto signature = DecodeBase64(delivery.Header("x-square-hmacsha256-signature"));
  if (!signature) return false;
  const std::string signed_bytes = delivery.url + std::string(delivery.body);
  bool is_signed = false;
  for (const std::string& secret : secrets)
    is_signed |= SameBytes(*signature, HmacSha256(secret, signed_bytes));
  return is_signed;
}

}  // namespace carnet::channels::square
