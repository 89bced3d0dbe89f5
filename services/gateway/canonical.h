// One form for one meaning, so that two tries of one change are equal whatever each client's
// library wrote.
#pragma once

#include <optional>
#include <string>

#include "carnet/v1/change.pb.h"
#include "domain/form.h"
#include "gateway/envelope.h"

namespace carnet::gateway {

// Brings a change into canonical form, in place: amounts in minor units, customers as bare
// lower-case ids, instants in microseconds, no empty values. What the caller left out stays out:
// defaults of today must not change what was said. Fields of errors are paths from the change.
std::optional<domain::FormError> Canonicalize(const Envelope& envelope, v1::Change* change);

// The bytes that the content hash is made of: the change in canonical form without its id, fields
// in number order. Clears the id. `bytes` is overwritten.
void CanonicalBytes(v1::Change* change, std::string* bytes);

}  // namespace carnet::gateway
