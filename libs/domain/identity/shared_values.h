// Which records have a value, as the views keep it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "carnet/v1/personal.pb.h"
#include "domain/state.h"

namespace carnet::domain::identity {

// Ascending; none where there are more than kMaxRecords. `count`: how many there are.
std::vector<Uuid> ReadSharedValue(const Reader& state, std::string_view merchant,
                                  carnet::v1::IdentityTokenKind kind, uint64_t token,
                                  uint32_t* count);

// However many have a value, adding or removing one writes two rows at most, but at the limit.
void AddToSharedValue(std::string_view merchant, carnet::v1::IdentityTokenKind kind, uint64_t token,
                      const Uuid& record, Overlay* state);
void RemoveFromSharedValue(std::string_view merchant, carnet::v1::IdentityTokenKind kind,
                           uint64_t token, const Uuid& record, Overlay* state);

}  // namespace carnet::domain::identity
