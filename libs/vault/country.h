// In which country something without a country of its own is read.
#pragma once

#include <string>
#include <string_view>

#include "carnet/v1/contact.pb.h"

namespace carnet::vault {

// `text` in upper case; empty for what can't be an ISO 3166-1 two-letter code.
std::string CountryCode(std::string_view text);

// The contact's own country, else its first address's that has one, else `default_country`; empty
// if all are.
std::string CountryOf(const v1::Contact& contact, std::string_view default_country);

}  // namespace carnet::vault
