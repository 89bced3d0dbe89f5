// What the gateway may still say of somebody who may have been forgotten.
#pragma once

#include <cstdint>
#include <optional>

#include "carnet/log/v1/log.pb.h"
#include "vault/key_ring.h"

namespace carnet::gateway {

// The life of the source record for which a change's personal values are sealed, as far as this
// gateway knows: 0 until its external id is forgotten for the first time. Nothing: the change is
// about somebody who was forgotten, and what it says of a person must not come back. The fold
// decides likewise (domain::ResolveAddressee), by the same times.
std::optional<uint32_t> LifeOf(const vault::KeyRing& keys, const log::v1::Change& change);

// Takes out of a body all that it says of a person.
void ForgetPerson(v1::Body* body);

}  // namespace carnet::gateway
