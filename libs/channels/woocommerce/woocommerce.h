// WooCommerce's webhooks: customers and orders of a web shop. Sent once, never again.
#pragma once

#include <span>
#include <string>

#include "channels/meaning.h"

namespace carnet::channels::woocommerce {

// See Adapter.
Meaning Read(const Delivery& delivery);
bool IsSigned(const Delivery& delivery, std::span<const std::string> secrets);

}  // namespace carnet::channels::woocommerce
