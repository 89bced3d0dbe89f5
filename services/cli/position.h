// Tokens as text, so that they fit on a command line.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "carnet/v1/token.pb.h"

namespace carnet::cli {

// "LOG:PARTITION:OFFSET".
std::string PositionText(const v1::Token& token);

// The other way round. Error: INVALID_ARGUMENT.
absl::StatusOr<v1::Token> ParsePosition(std::string_view text);

}  // namespace carnet::cli
