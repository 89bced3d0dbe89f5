// Waiting for a server that starts.
#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "cli/session.h"

namespace carnet::cli {

// Returns as soon as the server's health (grpc.health.v1) is SERVING, however long it takes to be
// there at all. Error: DEADLINE_EXCEEDED.
absl::Status WaitUntilServing(const Session& session, absl::Time deadline);

}  // namespace carnet::cli
