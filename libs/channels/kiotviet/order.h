// KiotViet's invoices and orders.
#pragma once

#include "channels/json.h"
#include "channels/kiotviet/context.h"

namespace carnet::channels::kiotviet {

void ReadInvoice(const Context& context, const Json& data);
// An order is no claim yet: the invoice that is made of it is.
void ReadOrder(const Context& context, const Json& data);

}  // namespace carnet::channels::kiotviet
