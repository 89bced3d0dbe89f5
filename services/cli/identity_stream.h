// A stream of contact changes as a store exports it for trying the identity rules: one JSON object
// a line, {index, merchant, channel, external_id, occurred_at, region, kind, fields}.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "carnet/v1/contact.pb.h"

namespace carnet::cli {

struct IdentityEvent {
  int64_t index = 0;  // of the event, as given
  std::string merchant;
  std::string channel;
  std::string external_id;
  int64_t occurred_at_micros = 0;
  v1::Contact contact;  // plain
};

// Fields that say nothing of who somebody is are left out. Error: INVALID_ARGUMENT that says what
// is missing or malformed.
absl::StatusOr<IdentityEvent> ReadIdentityEvent(std::string_view line);

}  // namespace carnet::cli
