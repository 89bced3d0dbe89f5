#include "channels/shopify/shopify.h"

#include "absl/strings/str_cat.h"

#include "channels/json.h"
#include "channels/shopify/customer.h"
#include "channels/shopify/order.h"
#include "channels/signature.h"
#include "domain/reasons.h"

namespace carnet::channels::shopify {
namespace {

// Where nothing names the topic: from the payload's form.
std::string GuessTopic(const Json& body) {
  if (body.has("admin_graphql_api_customer_kept_id")) return "customers/merge";
  if (body.has("financial_status") || body.has("line_items")) return "orders/updated";
  if (body.has("refund_line_items")) return "refunds/create";
  if (body.has("kind") && body.has("gateway")) return "order_transactions/create";
  if (body.has("orders_to_redact")) return "customers/redact";
  if (body.has("data_request")) return "customers/data_request";
  if (body.has("email_marketing_consent") && body.has("customer_id"))
    return "customers_email_marketing_consent/update";
  if (body.has("multipass_identifier") || body.has("verified_email") || body.has("tax_exempt"))
    return "customers/update";
  return {};
}

Meaning ByTopic(const Delivery& delivery, const std::string& topic, const Json& body) {
  if (topic == "customers/data_request" || topic == "shop/redact" || topic == "customers/redact")
    return ReadPrivacy(delivery, topic, body);
  if (topic == "customers/merge") return ReadMerge(delivery, topic, body);
  if (topic == "customers_email_marketing_consent/update" ||
      topic == "customers_marketing_consent/update") {
    return ReadConsent(delivery, topic, body);
  }
  if (topic == "customers/purchasing_summary")
    return Ignored("totals of a customer: Carnet adds up its own");
  if (topic.starts_with("customers/")) return ReadCustomer(delivery, topic, body);
  if (topic == "orders/edited")
    return Ignored("a list of edits: orders/updated brings the order as it is");
  if (topic == "orders/create" || topic == "orders/updated" || topic == "orders/paid" ||
      topic == "orders/cancelled" || topic == "orders/fulfilled" ||
      topic == "orders/partially_fulfilled" || topic == "orders/delete") {
    return ReadOrder(delivery, topic, body);
  }
  if (topic.starts_with("orders/"))
    return Ignored("topic " + CutUtf8(topic, 80) + " does not bring the order");
  if (topic == "refunds/create") return ReadRefund(delivery, topic, body);
  if (topic == "order_transactions/create") return ReadTransaction(delivery, topic, body);
  return Ignored("topic " + CutUtf8(topic, 80) + " is about neither customers nor orders");
}

// What was asked for ("GET /admin/api/2025-01/orders.json"): {"orders":[…]} or {"order":{…}}.
Meaning ReadFetched(const Delivery& delivery, const Json& body) {
  constexpr std::pair<std::string_view, std::string_view> kKinds[] = {
      {"order", "orders/updated"},
      {"customer", "customers/update"},
      {"refund", "refunds/create"},
      {"transaction", "order_transactions/create"}};
  Meaning meaning;
  // Keys are made of the body's hash; so many of a whole page would take long.
  const std::string hash = Sha256Hex(delivery.body);
  Delivery page = delivery;
  page.body = hash;
  for (const auto& [kind, topic] : kKinds) {
    const auto add = [&, topic = std::string(topic)](const Json& one) {
      Meaning part = ByTopic(page, topic, one);
      // Nothing but the body tells one answer from the next, and it has many.
      for (Item& item : part.items) absl::StrAppend(&item.key, "|", IdOfGid(one["id"]));
      for (Unusable& unusable : part.unusable)
        absl::StrAppend(&unusable.key, "|", IdText(one["id"]));
      Append(std::move(part), &meaning);
    };
    if (body[kind].is_object()) add(body[kind]);
    for (const Json& one : body[std::string(kind) + "s"].items()) add(one);
  }
  if (meaning.says_nothing() && meaning.ignored.empty())
    meaning = Ignored(CutUtf8(delivery.topic, 80) + " brought neither customers nor orders");
  meaning.was_fetched = true;
  return meaning;
}

}  // namespace

std::string KeyOf(const Delivery& delivery, std::string_view topic) {
  std::string_view event = delivery.Header("x-shopify-event-id");
  if (event.empty()) event = delivery.Header("x-shopify-webhook-id");
  return absl::StrCat("shopify|", delivery.settings.source, "|", std::string(topic), "|",
                      event.empty() ? Sha256Hex(delivery.body) : std::string(event));
}

std::optional<Instant> TriggeredAt(const Delivery& delivery) {
  return ParseInstant(delivery.Header("x-shopify-triggered-at"));
}

Meaning Read(const Delivery& delivery) {
  const auto body = Json::Parse(delivery.body);
  if (!body || !body->is_object()) {
    return UnusableBody(KeyOf(delivery, "unparsable"), domain::reason::kUnparsable,
                        "the body is no JSON object");
  }
  if (LowerCase(delivery.Header("x-shopify-test")) == "true")
    return Ignored("a test that the shop's owner sent");
  if (delivery.topic.starts_with("GET ")) return ReadFetched(delivery, *body);
  std::string topic = LowerCase(delivery.topic);
  if (topic.empty()) topic = LowerCase(delivery.Header("x-shopify-topic"));
  if (topic.empty()) topic = GuessTopic(*body);
  if (topic.empty()) {
    return UnusableBody(KeyOf(delivery, "unknown"), domain::reason::kUnparsable,
                        "nothing says which topic this is");
  }
  return ByTopic(delivery, topic, *body);
}

bool IsSigned(const Delivery& delivery, std::span<const std::string> secrets) {
  const auto signature = DecodeBase64(delivery.Header("x-shopify-hmac-sha256"));
  if (!signature) return false;
  bool is_signed = false;
  for (const std::string& secret : secrets)
    is_signed |= SameBytes(*signature, HmacSha256(secret, delivery.body));
  return is_signed;
}

}  // namespace carnet::channels::shopify
