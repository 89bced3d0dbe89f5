// Messages to and from gRPC's buffers, for adapters that parse by themselves.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include <grpcpp/support/byte_buffer.h>

namespace google::protobuf {
class Message;
}

namespace carnet::runtime {

// Parses a whole message. Errors, INVALID_ARGUMENT: INVALID_UTF8 with the path of the field
// ("change.body.posting.tenders[2].label"); UNPARSABLE for bytes that are no such message.
absl::Status ParseMessage(const grpc::ByteBuffer& buffer, google::protobuf::Message* message);

// The same for bytes that lie in one piece; `path` is put before the field's.
absl::Status ParseMessage(std::string_view bytes, std::string_view path,
                          google::protobuf::Message* message);

// One allocation of exactly the size of the message.
grpc::ByteBuffer SerializeMessage(const google::protobuf::Message& message);

}  // namespace carnet::runtime
