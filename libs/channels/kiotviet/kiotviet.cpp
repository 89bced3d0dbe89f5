#include "channels/kiotviet/kiotviet.h"

#include <map>

#include "absl/strings/str_cat.h"

#include "channels/json.h"
#include "channels/kiotviet/context.h"
#include "channels/kiotviet/customer.h"
#include "channels/kiotviet/order.h"
#include "channels/signature.h"
#include "channels/values.h"
#include "domain/reasons.h"

namespace carnet::channels::kiotviet {
namespace {

// "invoice.update.500100": the last part is the retailer's number.
std::string TopicOf(const Delivery& delivery, const Json& notification) {
  const std::string action = LowerCase(Field(notification, "Action").text());
  const size_t first = action.find('.');
  const size_t second = first == std::string::npos ? first : action.find('.', first + 1);
  const std::string topic = action.substr(0, second);
  return topic.empty() ? LowerCase(delivery.topic) : topic;
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
