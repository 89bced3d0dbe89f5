// WooCommerce's orders.
#pragma once

#include <string_view>

#include "channels/json.h"
#include "channels/meaning.h"

namespace carnet::channels::woocommerce {

Meaning ReadOrder(const Delivery& delivery, std::string_view topic, const Json& body);

}  // namespace carnet::channels::woocommerce
