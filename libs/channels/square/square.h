// Square's webhooks: customers, payments, refunds and invoices.
#pragma once

#include <span>
#include <string>

#include "channels/meaning.h"

namespace carnet::channels::square {

// See Adapter.
Meaning Read(const Delivery& delivery);
bool IsSigned(const Delivery& delivery, std::span<const std::string> secrets);

}  // namespace carnet::channels::square
