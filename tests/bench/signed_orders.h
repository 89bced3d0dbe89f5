// A web shop's orders as WooCommerce sends them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/bench.h"

namespace carnet::bench {

// Requests with orders `first`, `first` + 1 … of 5,000 customers: 1.4 kB of JSON each, signed.
std::vector<std::string> SignedOrders(int64_t first, int64_t count);

// Writes the file of endpoints that those are sent to; the flags with which carnetd takes them.
std::vector<std::string> TakeOrders(const Bench& bench);

}  // namespace carnet::bench
