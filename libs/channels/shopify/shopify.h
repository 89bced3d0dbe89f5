// Shopify's webhooks: customers, orders, their payments and refunds, and the privacy topics.
#pragma once

#include <span>
#include <string>

#include "channels/meaning.h"

namespace carnet::channels::shopify {

// See Adapter.
Meaning Read(const Delivery& delivery);
bool IsSigned(const Delivery& delivery, std::span<const std::string> secrets);

}  // namespace carnet::channels::shopify
