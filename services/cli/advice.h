// Errors as people should read them: what happened, its name, and what to do next.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace carnet::cli {

// What advice needs to know of the call.
struct CallFacts {
  std::string address;
  absl::Duration timeout;
};

// One or more lines, ended by a newline, without "carnet:" before them:
//
//   there is no customer 3f…
//     reason: CUSTOMER_UNKNOWN, field: name
//     → carnet customer list shows whom there is, carnet customer lookup finds one
std::string Advice(const absl::Status& status, const CallFacts& facts);

// On one line, without advice: "AMOUNT_PRECISION (body.posting.total): EUR has 2 decimals: …".
std::string OneLine(const absl::Status& status);

}  // namespace carnet::cli
