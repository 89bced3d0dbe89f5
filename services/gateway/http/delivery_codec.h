// Deliveries as the spool keeps them.
#pragma once

#include <string>
#include <string_view>

#include "channels/meaning.h"

namespace carnet::gateway {

// `path` names the endpoint.
std::string EncodeDelivery(std::string_view path, const channels::Delivery& delivery);

// False for what is none. `delivery->body` points into `body`; its settings are left as they are.
bool DecodeDelivery(std::string_view bytes, std::string* path, channels::Delivery* delivery,
                    std::string* body);

// Several deliveries as one entry of the spool: they were written, and are durable, together.
void AddToBundle(std::string_view encoded_delivery, std::string* bundle);
// Takes the first one off the bundle; false: what is left is none.
bool TakeFromBundle(std::string_view* bundle, std::string* encoded_delivery);

}  // namespace carnet::gateway
