// The few fields that hot reads need, taken from a row's bytes without parsing the rest of it: a
// record row carries sealed values and their tokens, an account row its newest postings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"

#include "base/uuid.h"

namespace carnet::query {

// RecordRow.customer_id or AccountRow.customer_id; empty: the record is its own customer.
std::string_view CustomerIdOfRecordRow(std::string_view row);
bool IsErasedRecordRow(std::string_view row);
// Whether the record stands for a customer that was not forgotten: its oldest or only member.
bool IsCustomerRecordRow(std::string_view row, const Uuid& record);
std::string_view CustomerIdOfAccountRow(std::string_view row);

// What the row of a record that is a customer of its own says, as bytes in it.
struct RecordValues {
  struct Value {
    uint32_t field = 0;        // of Contact
    std::string_view contact;  // a Contact with that field, sealed
  };
  absl::InlinedVector<Value, 16> values;  // in the order of fields
  std::string_view external_id;           // empty where it was derived
  std::string_view generated_account;
  std::string_view default_assignee;  // an Assignee
};

// False: the row alone does not say what is on the card (it has or is another member, or something
// was deleted, or put back); FillCard() tells.
bool ReadRecordValues(std::string_view row, RecordValues* values);

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
