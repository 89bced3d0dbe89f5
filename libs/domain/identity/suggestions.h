// Who else a customer might be: for a person to say.
#pragma once

#include <functional>
#include <vector>

#include "base/uuid.h"
#include "domain/identity/clusters.h"

namespace carnet::domain::identity {

struct Suggestion {
  Uuid customer;  // the other one
  Score score = 0;
  uint32_t evidence = 0;
  // The two records that speak for it most: one of each.
  Uuid own;
  Uuid other;
};

// The members of the customer that a record belongs to, and its id.
using CustomerOf = std::function<std::pair<Uuid, std::vector<Uuid>>(const Uuid& record)>;

// Other customers that score at least kSuggested, best first (ties by id). None that somebody said
// is not the same.
std::vector<Suggestion> Suggest(const Records& records, const Uuid& customer,
                                const CustomerOf& customer_of);

}  // namespace carnet::domain::identity
