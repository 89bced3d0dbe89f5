// Debits and credits, kept apart and never negative.
#pragma once

#include <cstdint>
#include <optional>

#include "base/money.h"

namespace carnet::domain {

// Adds an amount (debit positive) to a row that has debits and credits. False on overflow; also
// where the balance would be the one number that has no negative.
template <typename Row>
[[nodiscard]] bool AddAmount(int64_t amount, Row* row) {
  const auto magnitude = amount < 0 ? CheckedNegate(amount) : std::optional(amount);
  if (!magnitude) return false;
  const auto sum = CheckedAdd(amount < 0 ? row->credits() : row->debits(), *magnitude);
  if (!sum) return false;
  if (amount < 0) {
    row->set_credits(*sum);
  } else {
    row->set_debits(*sum);
  }
  return true;
}

}  // namespace carnet::domain
