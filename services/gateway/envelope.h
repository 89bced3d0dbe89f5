// What surrounds a published body: who says it, about whom, when.
#pragma once

#include <cstdint>
#include <optional>

#include "base/uuid.h"
#include "carnet/v1/change.pb.h"
#include "domain/form.h"

namespace carnet::gateway {

// What a change's envelope says, read.
struct Envelope {
  Uuid id;
  std::optional<Uuid> customer;
  std::optional<int64_t> occurred_at_micros;  // truncated
  std::optional<int32_t> effective_day;
};

// "customers/{id}" or the id alone.
std::optional<Uuid> ParseCustomer(std::string_view text);

// Checks everything but the body's content; fields are paths from the change ("occurred_at"). The
// order of the checks is the precedence of domain/reasons.h.
std::optional<domain::FormError> ReadEnvelope(const v1::Change& change, Envelope* envelope);

}  // namespace carnet::gateway
