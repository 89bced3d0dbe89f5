// What holds a customer together, as people read it.
#pragma once

#include <string>

#include "absl/status/status.h"

#include "cli/session.h"

namespace carnet::cli {

// Each link with why it is there and since which change, then who was said not to be the same.
// `customer`: its resource name.
absl::Status PrintLinks(const Session& session, const std::string& customer);

}  // namespace carnet::cli
