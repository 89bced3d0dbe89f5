// Reading the merchant's own books: sums by day and month, and the trial balance.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "carnet/v1/ledger_service.pb.h"
#include "query/as_of.h"
#include "query/view.h"

namespace carnet::query {

// Errors: INVALID_ARGUMENT(NAME_MALFORMED, DATE_MALFORMED, ACCOUNT_UNKNOWN, UNKNOWN_CURRENCY),
// OUT_OF_RANGE(TOO_MANY_SUMS, OVERFLOW).
absl::Status GetAccountSums(const View& view, const carnet::v1::GetAccountSumsRequest& request,
                            carnet::v1::GetAccountSumsResponse* response);

// Errors: INVALID_ARGUMENT(NAME_MALFORMED, DATE_MALFORMED, UNKNOWN_CURRENCY),
// OUT_OF_RANGE(OVERFLOW).
absl::Status GetTrialBalance(const View& view, const carnet::v1::GetTrialBalanceRequest& request,
                             carnet::v1::GetTrialBalanceResponse* response);

// INVALID_ARGUMENT(UNKNOWN_CURRENCY) unless it is empty, COINS or a currency.
absl::Status CheckUnit(std::string_view unit);

// All receivables of a merchant in a unit, within a window: what balances its other accounts.
// Errors: OUT_OF_RANGE(OVERFLOW).
absl::StatusOr<int64_t> ReceivableOf(const domain::Reader& reader, std::string_view merchant,
                                     std::string_view unit, const Window& window);

}  // namespace carnet::query
