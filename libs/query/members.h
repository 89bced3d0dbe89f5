// Which customer an id means, and what its members owe together. (Who its members are:
// domain/customers/links.h.)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "base/uuid.h"
#include "carnet/v1/customer.pb.h"
#include "domain/state.h"
#include "query/row_scan.h"

namespace carnet::query {

// The customer that any member's id resolves to. Errors: NOT_FOUND(CUSTOMER_UNKNOWN) about `field`.
absl::StatusOr<Uuid> CustomerOf(const domain::Reader& reader, std::string_view merchant,
                                const Uuid& id, std::string_view field);

// Σ over records, for each unit in which there ever was a voucher. Errors: OUT_OF_RANGE(OVERFLOW).
absl::StatusOr<UnitBalances> SumBalances(const domain::Reader& reader, std::string_view merchant,
                                         absl::Span<const Uuid> records);

// Both forms of an amount in a unit that the views hold.
std::string FormatAmount(std::string_view unit, int64_t minor);
void SetBalance(const UnitBalance& sum, carnet::v1::Balance* balance);
void FillBought(const UnitBalance& sum, carnet::v1::Bought* bought);
// Adds what was bought to the card, where anything ever was.
void SetBought(const UnitBalance& sum, carnet::v1::Customer* card);
// OUT_OF_RANGE(OVERFLOW).
absl::Status SumOverflows();

}  // namespace carnet::query
