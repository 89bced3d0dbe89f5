#include "channels/kiotviet/kiotviet.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/money.h"
#include "channels/contact_builder.h"
#include "channels/json.h"
#include "channels/order_builder.h"
#include "channels/payment_methods.h"
#include "channels/signature.h"
#include "channels/values.h"
#include "domain/reasons.h"

namespace carnet::channels::kiotviet {
namespace {

constexpr int32_t kVietnamOffset = 7 * 60;
constexpr char kCurrency[] = "VND";

// Names come in capitals from webhooks and in small letters from the rest of the API.
const Json& Field(const Json& object, std::string_view name) {
  const Json& capital = object[name];
  if (!capital.is_null()) return capital;
  std::string small(name);
  small[0] = LowerCase(small.substr(0, 1))[0];
  return object[small];
}

// Elements of a list; a single object stands for a list of one.
std::vector<const Json*> ListOf(const Json& list) {
  std::vector<const Json*> all;
  if (list.is_object()) all.push_back(&list);
  for (const Json& one : list.items()) all.push_back(&one);
  return all;
}

// Nothing for the year 1, which is how it writes that there is no date.
std::optional<Instant> InstantOf(const Json& object, std::string_view name) {
  const auto at = ParseInstant(Field(object, name).text(), kVietnamOffset);
  return at && at->micros > 0 ? at : std::nullopt;
}

std::optional<Instant> TimeOf(const Json& object) {
  for (const char* name : {"ModifiedDate", "CreatedDate", "PurchaseDate"}) {
    if (const auto at = InstantOf(object, name)) return at;
  }
  return std::nullopt;
}

// "invoice.update.500100": the last part is the retailer's number.
std::string TopicOf(const Delivery& delivery, const Json& notification) {
  const std::string action = LowerCase(Field(notification, "Action").text());
  const size_t first = action.find('.');
  const size_t second = first == std::string::npos ? first : action.find('.', first + 1);
  const std::string topic = action.substr(0, second);
  return topic.empty() ? LowerCase(delivery.topic) : topic;
}

struct Context {
  const Delivery& delivery;
  std::string key;  // of the whole notification
  Meaning* meaning;
  std::map<std::string, int>* seen;  // items' keys, and how often
};

void SetTime(const std::optional<Instant>& at, Item* item) {
  item->utc_offset_minutes = kVietnamOffset;
  if (!at) return;
  item->occurred_at_micros = at->micros;
  item->date = at->date;
}

// The same customer or invoice may stand in one notification twice, in two states.
void AddItem(const Context& context, Item item) {
  if (const int before = (*context.seen)[item.key]++; before > 0)
    absl::StrAppend(&item.key, "|again|", before);
  context.meaning->items.push_back(std::move(item));
}

void ReadCustomer(const Context& context, const Json& data) {
  const std::string id = IdText(Field(data, "Id"));
  if (id.empty()) {
    context.meaning->unusable.push_back(
        {context.key + "|customer",
         {std::string(domain::reason::kExternalIdMalformed), "the customer has no id"}});
    return;
  }
  if (id.starts_with("-")) {
    context.meaning->ignored.emplace_back("a row of totals among customers");
    return;
  }
  Item item{.key = context.key + "|customer|" + id};
  SetTime(TimeOf(data), &item);
  ContactMeaning& contact = item.contact.emplace();
  contact.op = ContactOp::kUpsert;
  contact.external_id = "customer:" + id;
  ContactBuilder builder(&contact.contact);
  const bool is_company = Field(data, "Type").text() == "1";
  const std::string& name = Field(data, "Name").text();
  builder.Company(Field(data, "Organization").text());
  if (is_company) builder.Company(name);
  if (!is_company || contact.contact.company_name().plain() != Trimmed(name))
    builder.FullName(name);
  builder.Email(Field(data, "Email").text());
  builder.Phone(Field(data, "ContactNumber").text());
  builder.Phone(Field(data, "SubNumber").text());
  builder.BirthDate(Field(data, "BirthDate").text());
  builder.CompanyNumber("mst", Field(data, "TaxCode").text());
  // "Hà Nội - Quận Ba Đình": where that is known it stands beside the street.
  builder.Address({.line1 = Field(data, "Address").text(),
                   .line2 = Field(data, "WardName").text(),
                   .town = Field(data, "LocationName").text(),
                   .country = "VN"},
                  v1::ADDRESS_USE_SHIPPING);
  if (!builder.says_nothing()) builder.Country("VN");
  AddItem(context, std::move(item));
}

void ReadDeletedCustomer(const Context& context, const Json& id_value) {
  const std::string id = IdText(id_value);
  if (id.empty()) return;
  Item item{.key = context.key + "|customer|" + id};
  item.utc_offset_minutes = kVietnamOffset;
  item.contact = ContactMeaning{.op = ContactOp::kUnlink, .external_id = "customer:" + id};
  AddItem(context, std::move(item));
}

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

v1::OrderObserved* BeginOrder(const Context& context, const Json& data, std::string_view kind,
                              const std::string& id, Item* item) {
  const auto at = TimeOf(data);
  SetTime(at, item);
  if (!at) absl::StrAppend(&item->key, "|received|", context.delivery.received_at_micros);
  v1::OrderObserved* const order = &item->order.emplace();
  order->set_order_id(absl::StrCat(std::string(kind), ":", id));
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

void ReadInvoice(const Context& context, const Json& data) {
  const std::string id = IdText(Field(data, "Id"));
  Item item{.key = context.key + "|invoice|" + id};
  std::optional<Trouble> trouble;
  if (id.empty())
    trouble = Trouble{std::string(domain::reason::kCodeMissing), "the invoice has no id"};
  v1::OrderObserved& order = *BeginOrder(context, data, "invoice", id, &item);
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

// An order is no claim yet: the invoice that is made of it is.
void ReadOrder(const Context& context, const Json& data) {
  const std::string id = IdText(Field(data, "Id"));
  Item item{.key = context.key + "|order|" + id};
  std::optional<Trouble> trouble;
  if (id.empty())
    trouble = Trouble{std::string(domain::reason::kCodeMissing), "the order has no id"};
  v1::OrderObserved& order = *BeginOrder(context, data, "order", id, &item);
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

// Customers, products, categories and branches are deleted in one form, which does not say whose
// ids they are: the address that it was sent to does. One that says nothing is a customer's.
void ReadRemoved(const Context& context, const std::string& topic, const Json& object) {
  for (const char* name : {"RemoveId", "RemoveIds"}) {
    const Json& removed = Field(object, name);
    if (removed.is_null()) continue;
    if (!topic.empty() && !topic.starts_with("customer")) {
      context.meaning->ignored.push_back("ids of what was deleted, but no customers: topic " +
                                         CutUtf8(topic, 80));
      continue;
    }
    if (!removed.is_array()) ReadDeletedCustomer(context, removed);
    for (const Json& id : removed.items()) ReadDeletedCustomer(context, id);
  }
}

void ReadData(const Context& context, const std::string& topic, const Json& data) {
  const bool known =
      topic == "customer.update" || topic == "invoice.update" || topic == "order.update";
  if (!known) {
    context.meaning->ignored.push_back("topic " + CutUtf8(topic, 80) +
                                       " is about neither customers nor invoices");
    return;
  }
  for (const Json* entry : ListOf(data)) {
    if (topic == "customer.update") {
      ReadCustomer(context, *entry);
    } else if (topic == "invoice.update") {
      ReadInvoice(context, *entry);
    } else {
      ReadOrder(context, *entry);
    }
  }
}

void ReadNotification(const Context& context, const Json& notification) {
  const std::string topic = TopicOf(context.delivery, notification);
  const Json& data = Field(notification, "Data");
  ReadRemoved(context, topic, notification);
  if (topic == "customer.delete") {
    for (const Json& entry : data.items()) {
      if (!entry.is_object()) ReadDeletedCustomer(context, entry);
      ReadDeletedCustomer(context, Field(entry, "Id"));
      ReadRemoved(context, topic, entry);
    }
    return;
  }
  ReadData(context, topic, data);
}

// What was asked for ("GET /customers/501"): a page of a list, or one. A customer's debt stands
// there, too; it is the sum of what the invoices say, and not posted again.
void ReadFetched(const Context& context, const std::string& topic, const Json& body) {
  context.meaning->was_fetched = true;
  for (const char* kind : {"customer", "invoice", "order"}) {
    if (topic.find(absl::StrCat("/", kind, "s")) == std::string::npos) continue;
    ReadRemoved(context, kind, body);
    const Json& data = Field(body, "Data");
    return ReadData(context, absl::StrCat(kind, ".update"), data.is_null() ? body : data);
  }
  context.meaning->ignored.push_back(CutUtf8(topic, 80) +
                                     " asks for neither customers nor invoices");
}

}  // namespace

Meaning Read(const Delivery& delivery) {
  const auto body = Json::Parse(delivery.body);
  const std::string prefix = "kiotviet|" + delivery.settings.source + "|";
  if (!body || !body->is_object()) {
    return UnusableBody(prefix + Sha256Hex(delivery.body), domain::reason::kUnparsable,
                        "the body is no JSON object");
  }
  const std::string asked = LowerCase(delivery.topic);
  const bool was_fetched = asked.starts_with("get ");
  // Of a notification; what was asked for may have the customer's there.
  std::string id = was_fetched ? std::string() : IdText(Field(*body, "Id"));
  if (id.empty()) id = Sha256Hex(delivery.body);
  Meaning meaning;
  std::map<std::string, int> seen;
  const Context context{delivery, prefix + id, &meaning, &seen};
  if (was_fetched) {
    ReadFetched(context, asked, *body);
    if (meaning.says_nothing() && meaning.ignored.empty())
      meaning.ignored.emplace_back("a page without entries");
    return meaning;
  }
  const Json& notifications = Field(*body, "Notifications");
  for (const Json* notification : ListOf(notifications)) ReadNotification(context, *notification);
  // Deletions have an envelope of their own.
  ReadRemoved(context, asked, *body);
  if (meaning.says_nothing() && meaning.ignored.empty()) {
    if (notifications.is_null() && Field(*body, "RemoveId").is_null()) {
      return UnusableBody(context.key, domain::reason::kUnparsable,
                          "a body without notifications and without deletions");
    }
    meaning.ignored.push_back("notifications about nothing");
  }
  return meaning;
}

bool IsSigned(const Delivery& delivery, std::span<const std::string> secrets) {
  // Without a secret at registration nothing is signed, and the address alone is the secret.
  if (secrets.empty()) return false;
  std::string_view header = delivery.Header("x-hub-signature");
  if (header.starts_with("sha256=")) header.remove_prefix(7);
  auto signature = DecodeHex(header);
  if (!signature) signature = DecodeBase64(header);
  if (!signature || signature->size() != 32) return false;
  bool is_signed = false;
  for (const std::string& secret : secrets) {
    is_signed |= SameBytes(*signature, HmacSha256(secret, delivery.body));
    // The secret is registered as base64, and nothing says which form of it is the key.
    if (const auto decoded = DecodeBase64(secret))
      is_signed |= SameBytes(*signature, HmacSha256(*decoded, delivery.body));
  }
  return is_signed;
}

}  // namespace carnet::channels::kiotviet
