// Shopify's orders, refunds and transactions: the same money in several topics.
#pragma once

#include <string_view>

#include "channels/json.h"
#include "channels/meaning.h"

namespace carnet::channels::shopify {

Meaning ReadOrder(const Delivery& delivery, std::string_view topic, const Json& body);
Meaning ReadRefund(const Delivery& delivery, std::string_view topic, const Json& body);
Meaning ReadTransaction(const Delivery& delivery, std::string_view topic, const Json& body);

}  // namespace carnet::channels::shopify
