// KiotViet's webhooks: customers and invoices of a point of sale. A refusal ends them for good.
#pragma once

#include <span>
#include <string>

#include "channels/meaning.h"

namespace carnet::channels::kiotviet {

// See Adapter.
Meaning Read(const Delivery& delivery);
bool IsSigned(const Delivery& delivery, std::span<const std::string> secrets);

}  // namespace carnet::channels::kiotviet
