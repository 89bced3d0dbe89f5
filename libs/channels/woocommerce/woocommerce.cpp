#include "channels/woocommerce/woocommerce.h"

#include "absl/strings/str_cat.h"

#include "channels/json.h"
#include "channels/signature.h"
#include "channels/woocommerce/customer.h"
#include "channels/woocommerce/order.h"
#include "domain/reasons.h"

namespace carnet::channels::woocommerce {
namespace {

bool IsPing(const Delivery& delivery) { return Trimmed(delivery.body).starts_with("webhook_id="); }

// Where nothing names the topic: from the payload's form. A bare id could be anything deleted.
std::string GuessTopic(const Json& body) {
  if (body.has("line_items") || body.has("order_key") || body.has("payment_method"))
    return "order.updated";
  if (body.has("role") || body.has("username") || body.has("is_paying_customer"))
    return "customer.updated";
  return {};
}

// The shop's answer when whoever made the webhook may no longer read the object.
bool IsRestError(const Json& body) {
  return body["code"].is_string() && body.has("message") && !body.has("id");
}

// What was asked for ("GET /wp-json/wc/v3/orders?page=2"): a page of a list, or one.
Meaning ReadFetched(const Delivery& delivery, const Json& body) {
  const bool orders = delivery.topic.find("/orders") != std::string::npos;
  const bool customers = delivery.topic.find("/customers") != std::string::npos;
  Meaning meaning;
  if (orders == customers || delivery.topic.find("/refunds") != std::string::npos) {
    meaning = Ignored(CutUtf8(delivery.topic, 80) + " asks for neither customers nor orders");
  } else {
    // Keys are made of the body's hash; so many of a whole page would take long.
    const std::string hash = Sha256Hex(delivery.body);
    Delivery page = delivery;
    page.body = hash;
    const auto add = [&](const Json& one) {
      Append(orders ? ReadOrder(page, "order.updated", one)
                    : ReadCustomer(page, "customer.updated", one),
             &meaning);
    };
    if (body.is_object()) add(body);
    for (const Json& one : body.items()) add(one);
    if (body.items().empty() && body.is_array()) meaning = Ignored("a page without entries");
  }
  meaning.was_fetched = true;
  return meaning;
}

}  // namespace

Meaning Read(const Delivery& delivery) {
  if (IsPing(delivery)) return Ignored("ping: the shop tries the address");
  const auto body = Json::Parse(delivery.body);
  const std::string key =
      absl::StrCat("woocommerce|", delivery.settings.source, "|", Sha256Hex(delivery.body));
  const bool was_fetched = delivery.topic.starts_with("GET ");
  if (!body || (!body->is_object() && !(was_fetched && body->is_array())))
    return UnusableBody(key, domain::reason::kUnparsable, "the body is no JSON object");
  if (IsRestError(*body)) {
    const std::string why = absl::StrCat("the shop sent an error instead of the object: ",
                                         CutUtf8((*body)["code"].text(), 80));
    Meaning meaning = Ignored(why);
    meaning.alerts.push_back(why + "; whoever made the webhook may no longer read it");
    return meaning;
  }
  if (was_fetched) return ReadFetched(delivery, *body);
  std::string topic = delivery.topic;
  if (topic.empty()) topic = std::string(delivery.Header("x-wc-webhook-topic"));
  if (topic.empty()) topic = GuessTopic(*body);
  if (topic.starts_with("customer.")) return ReadCustomer(delivery, topic, *body);
  if (topic.starts_with("order.")) return ReadOrder(delivery, topic, *body);
  if (topic.empty())
    return UnusableBody(key, domain::reason::kUnparsable, "nothing says which topic this is");
  return Ignored("topic " + CutUtf8(topic, 80) + " is about neither customers nor orders");
}

bool IsSigned(const Delivery& delivery, std::span<const std::string> secrets) {
  // A ping carries no signature, and says nothing: whoever sends one learns and changes nothing.
  if (IsPing(delivery)) return true;
  const auto signature = DecodeBase64(delivery.Header("x-wc-webhook-signature"));
  if (!signature) return false;
  bool is_signed = false;
  for (const std::string& secret : secrets) {
    // The shop signs with its secret after decoding HTML entities; an operator may have copied
    // either form of it.
    is_signed |= SameBytes(*signature, HmacSha256(secret, delivery.body));
    if (const std::string decoded = DecodeHtmlEntities(secret); decoded != secret)
      is_signed |= SameBytes(*signature, HmacSha256(decoded, delivery.body));
  }
  return is_signed;
}

}  // namespace carnet::channels::woocommerce
