// Meta's webhooks: leads of pages' forms, and messages to pages and Instagram accounts.
#pragma once

#include <span>
#include <string>

#include "channels/meaning.h"

namespace carnet::channels::meta {

// See Adapter.
Meaning Read(const Delivery& delivery);
bool IsSigned(const Delivery& delivery, std::span<const std::string> secrets);

}  // namespace carnet::channels::meta
