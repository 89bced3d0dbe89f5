// Expected failures: an absl::Status with a name that programs can act on, and the field it is
// about.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace carnet {

// `reason` is in CAPITALS and becomes google.rpc.ErrorInfo.reason at the edge; `message` is a
// sentence for people that tells what to do; `field` is the path of the field at fault
// ("change.body.posting.total"), or empty.
absl::Status Error(absl::StatusCode code, std::string_view reason, std::string_view message,
                   std::string_view field = {});

// What Error() was given; empty for a status made otherwise.
std::string ReasonOf(const absl::Status& status);
std::string FieldOf(const absl::Status& status);

// A fact about the error that programs may need ("position" = "17"): becomes ErrorInfo.metadata.
void AddErrorMetadata(std::string_view key, std::string_view value, absl::Status* status);

// Calls `visit` for every fact that was added, in no order.
void ForEachErrorMetadata(
    const absl::Status& status,
    const std::function<void(std::string_view key, std::string_view value)>& visit);

// One more field at fault, where several are: becomes a violation of google.rpc.BadRequest.
void AddFieldViolation(std::string_view field, std::string_view description, absl::Status* status);

// Calls `visit` for each of them, in order.
void ForEachFieldViolation(
    const absl::Status& status,
    const std::function<void(std::string_view field, std::string_view description)>& visit);

}  // namespace carnet
