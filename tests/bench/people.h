// Customers as shops know them. Nobody real: e-mail domains and phone numbers are of those reserved
// for examples and films.
#pragma once

#include <cstdint>

#include "carnet/v1/contact.pb.h"

namespace carnet::bench {

// What is known of a customer: names, e-mail, phone, and for an order that is sent out the address.
// `version` 0 is the usual; others have another e-mail.
void FillContact(uint32_t customer, uint32_t version, bool with_address, v1::Contact* contact);

}  // namespace carnet::bench
