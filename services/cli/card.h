// A customer's card for people: what is known, and for each value where it came from.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"

#include "carnet/v1/customer_service.pb.h"

namespace carnet::cli {

// The id alone, of a resource name.
std::string IdOf(std::string_view name);

// The values of one top-level field of Contact as a person reads them, one a line: an address is
// one value. In brackets what was noticed about a value, in parentheses its normal form where that
// differs.
std::vector<std::string> FieldValues(const v1::Contact& contact, const std::string& field);

// "12.50 EUR, 80000 VND".
std::string BalancesText(const v1::Customer& customer);

// Name and id; fields with their origins; source records; balances.
std::string RenderCard(const v1::Customer& customer,
                       const absl::TimeZone& zone = absl::LocalTimeZone());

// One line a customer.
std::string RenderCustomers(const std::vector<v1::Customer>& customers);

}  // namespace carnet::cli
