// A delivery as the spool keeps it.
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

}  // namespace carnet::gateway
