// Both time axes: figures as of an effective date, as known on a recorded date.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "base/uuid.h"
#include "domain/ledger/account.h"
#include "domain/state.h"
#include "query/row_scan.h"

namespace carnet::query {

// What counts: effective days from..to, recorded up to a day. No bound unless said.
struct Window {
  int32_t from = std::numeric_limits<int32_t>::min();
  int32_t to = std::numeric_limits<int32_t>::max();
  int32_t recorded = std::numeric_limits<int32_t>::max();

  bool is_now() const { return *this == Window(); }
  bool Contains(int32_t effective_day) const {
    return effective_day >= from && effective_day <= to;
  }
  bool operator==(const Window&) const = default;
};

// Dates as requests have them, empty for no bound; `from_field` and `to_field` are their names.
// Errors: INVALID_ARGUMENT(DATE_MALFORMED).
absl::StatusOr<Window> ParseWindow(std::string_view from, std::string_view from_field,
                                   std::string_view to, std::string_view to_field,
                                   std::string_view recorded);

// The records of the customer of `id`, as it was at the end of a recorded day; `id` alone where
// only its own record is asked for. Errors: NOT_FOUND(CUSTOMER_UNKNOWN).
struct Members {
  Uuid customer;  // the oldest of them
  std::vector<Uuid> records;
};
absl::StatusOr<Members> MembersOfCustomer(const domain::Reader& reader, std::string_view merchant,
                                          const Uuid& id, bool own_record_only, int32_t recorded,
                                          std::string_view field);

// Calls `visit` for the postings of one account in log order, those that were recorded up to a day.
using PostingVisitor = std::function<void(const domain::Posting& posting)>;
void ForEachPosting(const domain::Reader& reader, std::string_view merchant, const Uuid& record,
                    domain::Side side, const carnet::log::v1::UnitAccount& account,
                    int32_t recorded, const PostingVisitor& visit);

// Σ over records as SumBalances, of what is within a window. What was bought is left out. Errors:
// OUT_OF_RANGE(OVERFLOW).
absl::StatusOr<UnitBalances> SumBalancesWithin(const domain::Reader& reader,
                                               std::string_view merchant,
                                               absl::Span<const Uuid> records,
                                               const Window& window);

}  // namespace carnet::query
