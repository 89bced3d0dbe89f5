// A PublishBatchRequest of which some changes may be no changes at all.
#pragma once

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include <grpcpp/support/byte_buffer.h>

#include "carnet/v1/change_service.pb.h"

namespace carnet::gateway {

// A batch must not fail as a whole because one change holds bytes that protobuf refuses.
struct BatchRequest {
  v1::PublishBatchRequest* message = nullptr;
  // Changes that could not be read, by index in increasing order, each with its
  // INVALID_ARGUMENT(UNPARSABLE, INVALID_UTF8); they stand empty in `message`.
  std::vector<std::pair<int, absl::Status>> unreadable;
};

// Reads a batch into `batch->message`, which is empty. Errors, INVALID_ARGUMENT, where the message
// around the changes is broken: UNPARSABLE, UNKNOWN_FIELD, TOO_MANY_VALUES.
absl::Status ReadBatch(const grpc::ByteBuffer& bytes, BatchRequest* batch);

}  // namespace carnet::gateway
