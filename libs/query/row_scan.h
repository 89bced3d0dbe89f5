// The few fields that hot reads need, taken from a row's bytes without parsing the rest of it: a
// record row carries sealed values and their tokens, an account row its newest postings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"

namespace carnet::query {

// RecordRow.customer_id or AccountRow.customer_id; empty: the record is its own customer.
std::string_view CustomerIdOfRecordRow(std::string_view row);
bool IsErasedRecordRow(std::string_view row);
std::string_view CustomerIdOfAccountRow(std::string_view row);

// A sum for each unit, ordered by unit.
struct UnitBalance {
  std::string unit;   // three letters: no allocation
  int64_t minor = 0;  // receivable
  int64_t payable = 0;
  bool has_payable = false;
  // What was bought; see UnitAccount.
  int64_t bought_net = 0;
  int64_t bought_tax = 0;
  int64_t sales = 0;
  bool has_sale = false;
  int32_t last_sale_day = 0;  // where has_sale
};
using UnitBalances = absl::InlinedVector<UnitBalance, 4>;

// The sum of a unit, made where there is none.
UnitBalance& BalanceIn(std::string_view unit, UnitBalances* sums);

// False, and nothing added: the sum is beyond 64 bits.
[[nodiscard]] bool AddTo(int64_t amount, int64_t* sum);

// Adds the balances of an AccountRow to `sums`. False: a sum is beyond 64 bits.
bool AddBalancesOfAccountRow(std::string_view row, UnitBalances* sums);

}  // namespace carnet::query
