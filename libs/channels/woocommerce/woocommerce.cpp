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

}  // namespace

Meaning Read(const Delivery& delivery) {
  if (IsPing(delivery)) return Ignored("ping: the shop tries the address");
  const auto body = Json::Parse(delivery.body);
  const std::string key =
      absl::StrCat("woocommerce|", delivery.settings.source, "|", Sha256Hex(delivery.body));
  if (!body || !body->is_object())
    return UnusableBody(key, domain::reason::kUnparsable, "the body is no JSON object");
  if (IsRestError(*body)) {
    const std::string why = absl::StrCat("the shop sent an error instead of the object: ",
                                         CutUtf8((*body)["code"].text(), 80));
    Meaning meaning = Ignored(why);
    meaning.alerts.push_back(why + "; whoever made the webhook may no longer read it");
    return meaning;
  }
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
    for (const std::string& form : {secret, DecodeHtmlEntities(secret)})
      is_signed |= SameBytes(*signature, HmacSha256(form, delivery.body));
  }
  return is_signed;
}

}  // namespace carnet::channels::woocommerce
