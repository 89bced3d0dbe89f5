// Which vouchers were addressed to a customer, newest first, without reading the vouchers.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

#include "base/uuid.h"
#include "domain/state.h"

namespace carnet::query {

// Up to `limit` numbers of vouchers addressed to any of `records`, all below `below`, descending,
// none twice. Reads one chunk of postings at a time of each account, and finds the first by
// bisection, so that a page deep in a long history costs no more than the first.
std::vector<uint64_t> VoucherNumbersBelow(const domain::Reader& reader, std::string_view merchant,
                                          absl::Span<const Uuid> records, uint64_t below,
                                          size_t limit);

}  // namespace carnet::query
