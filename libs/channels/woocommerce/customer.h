// WooCommerce's customers, and the parts of payloads that are about people.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "channels/contact_builder.h"
#include "channels/json.h"
#include "channels/meaning.h"

namespace carnet::channels::woocommerce {

Meaning ReadCustomer(const Delivery& delivery, std::string_view topic, const Json& body);

// `billing` or `shipping` as an address.
void AddAddress(const Json& part, v1::AddressUse use, ContactBuilder* builder);

// VAT and register numbers that plug-ins keep among the meta data.
void AddCompanyNumbers(const Json& meta_data, ContactBuilder* builder);

// Of an object's `<name>_gmt`, which has no zone and is UTC; offset and date from `<name>`, which
// is the shop's own clock.
std::optional<Instant> ShopTime(const Json& object, std::string_view name);

}  // namespace carnet::channels::woocommerce
