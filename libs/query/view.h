// A moment of one partition's views, and its place in the log: what every read answers from.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"

#include "carnet/v1/token.pb.h"
#include "view_store/view_store.h"

namespace carnet::query {

// Data and token of an answer come from the one snapshot in here.
struct View {
  const view_store::Snapshot* snapshot;  // outlives the read
  std::string_view log_id;               // as text
  int32_t partition = 0;
  uint32_t generation = 1;
};

void SetPosition(const View& view, carnet::v1::Token* position);

// The offset that `min_position` asks to wait for in `partition`; 0 where `given` is false. Errors:
// FAILED_PRECONDITION(TOKEN_OF_ANOTHER_LOG): this log never had that position;
// INVALID_ARGUMENT(TOKEN_OF_ANOTHER_PARTITION, TOKEN_MALFORMED).
absl::StatusOr<int64_t> WantedOffset(bool given, const carnet::v1::Token& min_position,
                                     std::string_view log_id, int32_t partition);

}  // namespace carnet::query
