// Shopify's customers and what concerns their privacy.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "channels/contact_builder.h"
#include "channels/json.h"
#include "channels/meaning.h"

namespace carnet::channels::shopify {

Meaning ReadCustomer(const Delivery& delivery, std::string_view topic, const Json& body);
Meaning ReadMerge(const Delivery& delivery, std::string_view topic, const Json& body);
Meaning ReadConsent(const Delivery& delivery, std::string_view topic, const Json& body);
// data_request, redact of a customer, redact of the shop.
Meaning ReadPrivacy(const Delivery& delivery, std::string_view topic, const Json& body);

// What a customer object says, into a contact.
void AddCustomer(const Json& customer, ContactBuilder* builder);
void AddAddress(const Json& address, v1::AddressUse use, ContactBuilder* builder);

// Event id, else webhook id, else the body: with the topic, as ids may be shared between topics.
std::string KeyOf(const Delivery& delivery, std::string_view topic);
std::optional<Instant> TriggeredAt(const Delivery& delivery);

}  // namespace carnet::channels::shopify
