// Which records have a value, as the views keep it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/uuid.h"
#include "carnet/v1/personal.pb.h"
#include "domain/identity/clusters.h"
#include "domain/state.h"

namespace carnet::domain::identity {

Holders ReadHolders(const Reader& state, std::string_view merchant,
                    carnet::v1::IdentityTokenKind kind, uint64_t token);

// One record more or less, in what was read and in the views. However many have a value, that
// writes two rows at most, but at the limit.
void AddHolder(std::string_view merchant, carnet::v1::IdentityTokenKind kind, uint64_t token,
               const Uuid& record, Holders* holders, Overlay* state);
void RemoveHolder(std::string_view merchant, carnet::v1::IdentityTokenKind kind, uint64_t token,
                  const Uuid& record, Holders* holders, Overlay* state);

}  // namespace carnet::domain::identity
