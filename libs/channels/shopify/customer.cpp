#include "channels/shopify/customer.h"

#include <vector>

#include "absl/strings/str_cat.h"

#include "channels/values.h"
#include "domain/reasons.h"

namespace carnet::channels::shopify {
namespace {

void AddConsent(std::string_view channel, const Json& address, const Json& consent,
                ContactMeaning* contact) {
  const std::string state = LowerCase(consent["state"].text());
  const std::string where = Trimmed(address.text());
  // "not_subscribed" is what everybody is who was never asked.
  if (state.empty() || state == "not_subscribed" || where.empty()) return;
  contact->consents.push_back({.channel = std::string(channel),
                               .address = where,
                               .state = state,
                               .at = consent["consent_updated_at"].text()});
}

Meaning Of(Item item) {
  Meaning meaning;
  meaning.items.push_back(std::move(item));
  return meaning;
}

const Json& MainAddress(const Json& customer) {
  if (customer["default_address"].is_object()) return customer["default_address"];
  for (const Json& address : customer["addresses"].items()) {
    if (address["default"].is_true()) return address;
  }
  return customer["default_address"];
}

Meaning WithoutId(const Delivery& delivery, std::string_view topic) {
  return UnusableBody(KeyOf(delivery, topic), domain::reason::kExternalIdMalformed,
                      "the customer has no id");
}

}  // namespace

void AddAddress(const Json& address, v1::AddressUse use, ContactBuilder* builder) {
  if (!address.is_object()) return;
  std::string recipient = Trimmed(address["name"].text());
  if (recipient.empty())
    recipient = Trimmed(address["first_name"].text() + " " + address["last_name"].text());
  const std::string& region = address["province_code"].text().empty()
                                  ? address["province"].text()
                                  : address["province_code"].text();
  const std::string& country =
      address.has("country_code") ? address["country_code"].text() : address["country"].text();
  builder->Address({.recipient = recipient,
                    .line1 = address["address1"].text(),
                    .line2 = address["address2"].text(),
                    .postcode = address["zip"].text(),
                    .town = address["city"].text(),
                    .region = region,
                    .country = country},
                   use);
}

void AddCustomer(const Json& customer, ContactBuilder* builder) {
  builder->Name(customer["first_name"].text(), customer["last_name"].text());
  builder->Email(customer["email"].text());
  builder->Phone(customer["phone"].text());
  builder->Language(customer["locale"].text());
  const Json& main = MainAddress(customer);
  builder->Name(main["first_name"].text(), main["last_name"].text());
  builder->FullName(main["name"].text());
  builder->Company(main["company"].text());
  builder->Phone(main["phone"].text());
  AddAddress(main, v1::ADDRESS_USE_BILLING, builder);
  builder->Country(main.has("country_code") ? main["country_code"].text() : main["country"].text());
  for (const Json& address : customer["addresses"].items()) {
    const std::string id = IdText(address["id"]);
    if (id.empty() || id != IdText(main["id"]))
      AddAddress(address, v1::ADDRESS_USE_SHIPPING, builder);
    builder->Company(address["company"].text());
    builder->RecipientPhone(address["phone"].text(), address["first_name"].text(),
                            address["last_name"].text());
    builder->Country(address["country_code"].text());
  }
}

Meaning ReadCustomer(const Delivery& delivery, std::string_view topic, const Json& body) {
  const std::string id = IdOfGid(body["id"]);
  if (id.empty()) return WithoutId(delivery, topic);
  Item item{.key = KeyOf(delivery, topic)};
  ContactMeaning& contact = item.contact.emplace();
  contact.external_id = "customer:" + id;
  const auto at = ParseInstant(body["updated_at"].text());
  const auto triggered = TriggeredAt(delivery);
  if (at) {
    item.occurred_at_micros = at->micros;
    item.utc_offset_minutes = at->offset_minutes;
  } else if (triggered) {
    item.occurred_at_micros = triggered->micros;
  }
  if (topic == "customers/delete") {
    contact.op = ContactOp::kUnlink;
    return Of(std::move(item));
  }
  contact.op = ContactOp::kUpsert;
  ContactBuilder builder(&contact.contact);
  AddCustomer(body, &builder);
  AddConsent("email", body["email"], body["email_marketing_consent"], &contact);
  AddConsent("sms", body["phone"], body["sms_marketing_consent"], &contact);
  return Of(std::move(item));
}

Meaning ReadMerge(const Delivery& delivery, std::string_view topic, const Json& body) {
  const std::string kept = IdOfGid(body["admin_graphql_api_customer_kept_id"]);
  const std::string deleted = IdOfGid(body["admin_graphql_api_customer_deleted_id"]);
  const std::string status = LowerCase(body["status"].text());
  if (status == "failed" || status == "in_progress" || status == "requested")
    return Ignored("the shop has not merged these customers: status " + status);
  if (kept.empty() || deleted.empty()) return WithoutId(delivery, topic);
  Item item{.key = KeyOf(delivery, topic)};
  item.contact = ContactMeaning{
      .op = ContactOp::kMerge, .external_id = "customer:" + deleted, .into = "customer:" + kept};
  if (const auto at = TriggeredAt(delivery)) item.occurred_at_micros = at->micros;
  return Of(std::move(item));
}

Meaning ReadConsent(const Delivery& delivery, std::string_view topic, const Json& body) {
  const bool email = body.has("email_marketing_consent");
  const std::string id = IdOfGid(body.has("customer_id") ? body["customer_id"] : body["id"]);
  if (id.empty()) return WithoutId(delivery, topic);
  Item item{.key = KeyOf(delivery, topic)};
  ContactMeaning& contact = item.contact.emplace();
  contact.op = ContactOp::kUpsert;
  contact.external_id = "customer:" + id;
  const Json& consent = email ? body["email_marketing_consent"] : body["sms_marketing_consent"];
  const Json& address = !email                      ? body["phone"]
                        : body.has("email_address") ? body["email_address"]
                                                    : body["email"];
  ContactBuilder builder(&contact.contact);
  if (email) {
    builder.Email(address.text());
  } else {
    builder.Phone(address.text());
  }
  AddConsent(email ? "email" : "sms", address, consent, &contact);
  if (const auto at = ParseInstant(consent["consent_updated_at"].text()))
    item.occurred_at_micros = at->micros;
  return Of(std::move(item));
}

Meaning ReadPrivacy(const Delivery& delivery, std::string_view topic, const Json& body) {
  const auto task = [&](std::string why, std::string_view reason, std::string what) {
    Meaning meaning = Ignored(std::move(why));
    meaning.alerts.push_back(absl::StrCat(std::string(topic), ": ", what));
    meaning.tasks.push_back({KeyOf(delivery, topic), {std::string(reason), std::move(what)}});
    return meaning;
  };
  if (topic == "shop/redact") {
    // All of a shop's customers for ever, because somebody took an app off: not without a person.
    return task("the shop took the app off: nothing is erased by that alone", "SHOP_LEFT",
                "erase what came from this shop, within the days its terms give");
  }
  const std::string id = IdOfGid(body["customer"]["id"]);
  if (topic == "customers/data_request") {
    return task("a customer asks for their data: a task for a person, no change", "DATA_REQUESTED",
                absl::StrCat("send the shop what is known of customer:", id,
                             ", within the days its terms give"));
  }
  // Somebody who bought as a guest is known by their orders alone.
  std::vector<std::string> records;
  if (!id.empty()) records.push_back("customer:" + id);
  if (id.empty()) {
    for (const Json& order : body["orders_to_redact"].items()) {
      if (!IdOfGid(order).empty()) records.push_back("guest-order:" + IdOfGid(order));
    }
  }
  if (records.empty()) return WithoutId(delivery, topic);
  Meaning meaning;
  for (const std::string& record : records) {
    Item item{.key = KeyOf(delivery, topic)};
    if (id.empty()) absl::StrAppend(&item.key, "|", record);
    item.contact = ContactMeaning{.op = ContactOp::kErase, .external_id = record};
    if (const auto at = TriggeredAt(delivery)) item.occurred_at_micros = at->micros;
    meaning.items.push_back(std::move(item));
  }
  return meaning;
}

}  // namespace carnet::channels::shopify
