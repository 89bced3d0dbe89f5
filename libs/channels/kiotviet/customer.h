// KiotViet's customers.
#pragma once

#include "channels/json.h"
#include "channels/kiotviet/context.h"

namespace carnet::channels::kiotviet {

void ReadCustomer(const Context& context, const Json& data);
void ReadDeletedCustomer(const Context& context, const Json& id_value);

}  // namespace carnet::channels::kiotviet
