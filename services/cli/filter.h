// Which customers are wanted: from words to the filter of a request.
#pragma once

#include "absl/status/statusor.h"

#include "carnet/v1/customer_filter.pb.h"
#include "cli/arguments.h"
#include "cli/session.h"

namespace carnet::cli {

// Errors: INVALID_ARGUMENT where an amount is none, or has no currency.
absl::StatusOr<v1::CustomerFilter> FilterOf(const Session& session, const FilterWords& words);

}  // namespace carnet::cli
