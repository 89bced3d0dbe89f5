// A customer's card: the union of its members' cells, opened, with where each came from.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/uuid.h"
#include "carnet/v1/customer_service.pb.h"
#include "domain/state.h"
#include "vault/opener.h"

namespace carnet::query {

// Fills `card`, which must be empty, with the customer whose own id (its oldest member's) is
// `customer`. `first_row`: the row of that record, if the caller has it at hand; else null. Errors:
// NOT_FOUND(CUSTOMER_UNKNOWN), OUT_OF_RANGE(OVERFLOW), the opener's.
absl::Status FillCard(const domain::Reader& reader, const vault::Opener& opener,
                      std::string_view merchant, const Uuid& customer,
                      const std::string_view* first_row, carnet::v1::Customer* card);

}  // namespace carnet::query
