// Reading what could not be folded.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/admin_service.pb.h"
#include "query/view.h"

namespace carnet::query {

// Dead letters of request.merchant, newest first. Errors: INVALID_ARGUMENT(NAME_MALFORMED,
// PAGE_SIZE, PAGE_TOKEN_MALFORMED), FAILED_PRECONDITION(PAGE_TOKEN_EXPIRED).
absl::Status ListDeadLetters(const View& view, const carnet::v1::ListDeadLettersRequest& request,
                             carnet::v1::ListDeadLettersResponse* response);

// One of them.
void FillDeadLetter(const carnet::log::v1::DeadLetterRow& row, carnet::v1::DeadLetter* letter);

// Records of which the merchant could not be trusted: partition after partition in the order of
// `views` (by partition), in each newest first. Errors: INVALID_ARGUMENT(PAGE_SIZE,
// PAGE_TOKEN_MALFORMED).
absl::Status ListUntrusted(const std::vector<View>& views,
                           const carnet::v1::ListDeadLettersRequest& request,
                           carnet::v1::ListDeadLettersResponse* response);

}  // namespace carnet::query
