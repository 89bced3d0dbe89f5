// The merchant's own accounts on both axes, from their day and month sums.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "carnet/log/v1/rows.pb.h"
#include "domain/state.h"
#include "query/as_of.h"

namespace carnet::query {

// One of them, as its key says it.
struct OwnAccount {
  std::string_view key;
  carnet::log::v1::LedgerAccount account;
  std::string_view unit;
  std::string_view source;  // of money only
  carnet::log::v1::OwnAccountRow row;
};

// By account, unit, source. What is visited is valid during that call only.
void ForEachOwnAccount(const domain::Reader& reader, std::string_view merchant,
                       const std::function<void(const OwnAccount& account)>& visit);

// What came to an account, by effective day, as known on a recorded day. A day may come several
// times. Reads a row a month, and the days of one month.
using DayVisitor = std::function<void(int32_t effective_day, int64_t debits, int64_t credits)>;
void ForEachDay(const domain::Reader& reader, const OwnAccount& account, int32_t recorded,
                const DayVisitor& visit);

// Debits and credits within a window.
struct OwnSum {
  int64_t debits = 0;
  int64_t credits = 0;
};
OwnSum SumWithin(const domain::Reader& reader, const OwnAccount& account, const Window& window);

}  // namespace carnet::query
