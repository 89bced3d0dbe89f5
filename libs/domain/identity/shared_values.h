// Which records have a value, as the views keep it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "carnet/log/v1/identity_rows.pb.h"
#include "carnet/v1/personal.pb.h"
#include "domain/state.h"

namespace carnet::domain::identity {

// The row of a value; empty where nobody has it.
carnet::log::v1::SharedValueRow ReadSharedValue(const Reader& state, std::string_view merchant,
                                                carnet::v1::IdentityTokenKind kind, uint64_t token);

// The records that have a value, ascending; none where there are more than kMaxRecords.
std::vector<Uuid> RecordsOf(const carnet::log::v1::SharedValueRow& row);

// One record more or less, in the row as it was read and in the views. However many have a value,
// that writes two rows at most, but at the limit.
void AddToSharedValue(std::string_view merchant, carnet::v1::IdentityTokenKind kind, uint64_t token,
                      const Uuid& record, carnet::log::v1::SharedValueRow* row, Overlay* state);
void RemoveFromSharedValue(std::string_view merchant, carnet::v1::IdentityTokenKind kind,
                           uint64_t token, const Uuid& record, carnet::log::v1::SharedValueRow* row,
                           Overlay* state);

}  // namespace carnet::domain::identity
