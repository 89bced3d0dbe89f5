// A figure's vouchers.
#pragma once

#include "absl/status/status.h"

#include "carnet/v1/ledger_service.pb.h"
#include "query/view.h"
#include "vault/opener.h"

namespace carnet::query {

// Errors: INVALID_ARGUMENT(NAME_MALFORMED, DATE_MALFORMED, ACCOUNT_UNKNOWN, UNKNOWN_CURRENCY,
// UNIT_MISSING, PAGE_SIZE, PAGE_TOKEN_MALFORMED), NOT_FOUND(CUSTOMER_UNKNOWN),
// OUT_OF_RANGE(OVERFLOW), FAILED_PRECONDITION(PAGE_TOKEN_EXPIRED); the opener's.
absl::Status ExplainFigure(const View& view, const vault::Opener& opener,
                           const carnet::v1::ExplainFigureRequest& request,
                           carnet::v1::ExplainFigureResponse* response);

}  // namespace carnet::query
