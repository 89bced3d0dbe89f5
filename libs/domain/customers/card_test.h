// For tests of cards: what channels say, and what it comes to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "carnet/log/v1/card_rows.pb.h"
#include "domain/customers/cells.h"
#include "domain/customers/record.h"
#include "domain/keys.h"
#include "domain/test_support.h"

namespace carnet::domain::testing {

using carnet::log::v1::Cell;
using carnet::log::v1::Change;
using carnet::log::v1::RecordRow;

inline constexpr int64_t kMinute = 60'000'000;

inline Uuid Record(std::string_view external_id, std::string_view channel = "pos",
                   std::string_view source = "till-1") {
  return RecordId("shop", channel, source, external_id);
}

inline RecordRow Read(const Shop& shop, const Uuid& record) {
  RecordRow row;
  EXPECT_TRUE(GetRow(shop.state(), Family::kRecords, RecordKey("shop", record), &row));
  return row;
}

inline Change From(Change change, std::string_view channel, std::string_view source = "main") {
  change.set_channel(std::string(channel));
  change.set_source(std::string(source));
  return change;
}

inline Change At(Change change, int minute) {
  change.set_occurred_at_micros(change.recorded_at_micros() - 1000 * kMinute + minute * kMinute);
  return change;
}

inline std::string Said(std::string_view contact, std::string_view more = "") {
  return "contact_observed { contact { " + std::string(contact) + " } " + std::string(more) + " }";
}

inline std::string Policy(std::string_view policy, std::string_view fields) {
  return "policy_changed { policy { " + std::string(policy) + " } " + std::string(fields) + " }";
}

// What the records of a customer come to in one field; "-" for nothing.
inline std::string Shown(const Shop& shop, const std::vector<Uuid>& records,
                         std::string_view field) {
  const auto wanted = ParseCardField(field);
  std::vector<RecordRow> rows;
  for (const Uuid& record : records) {
    RecordRow row;
    if (GetRow(shop.state(), Family::kRecords, RecordKey("shop", record), &row))
      rows.push_back(row);
  }
  std::vector<Contender> contenders;
  for (const RecordRow& row : rows) {
    for (const Cell& cell : row.cells()) {
      if (cell.field() == wanted->number && cell.key() == wanted->key)
        contenders.push_back({&cell, &row});
    }
  }
  const ptrdiff_t winner = WinnerOf(contenders);
  if (winner < 0 || contenders[static_cast<size_t>(winner)].cell->cleared()) return "-";
  return contenders[static_cast<size_t>(winner)].cell->value().ShortDebugString();
}

}  // namespace carnet::domain::testing
