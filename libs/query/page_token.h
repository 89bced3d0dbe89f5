// Where a list goes on: opaque to clients, bound to the list and to the generation of the views it
// was read from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace carnet::query {

inline constexpr int kDefaultPageSize = 100;
inline constexpr int kMaxPageSize = 1000;

// A page is cut short when its answer grows beyond this, so that it stays under gRPC's usual limit
// of 4 MiB.
inline constexpr size_t kMaxPageBytes = size_t{2} << 20;

// 0 is the default. Errors: INVALID_ARGUMENT(PAGE_SIZE).
absl::StatusOr<int> PageSize(int32_t requested);

// `list` says which list it is ("customers/shop-1"), so that a token of another list or parent is
// not taken for one of this; `last_key` is the last key shown.
std::string FormatPageToken(std::string_view list, uint32_t generation, std::string_view last_key);

// The last key shown, which is `key_size` bytes long; empty for an empty token: the first page.
// Errors: FAILED_PRECONDITION(PAGE_TOKEN_EXPIRED): the views were rebuilt since, begin again;
// INVALID_ARGUMENT(PAGE_TOKEN_MALFORMED): no token of this list.
absl::StatusOr<std::string> ParsePageToken(std::string_view list, uint32_t generation,
                                           size_t key_size, std::string_view token);

}  // namespace carnet::query
