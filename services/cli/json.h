// Protobuf JSON, one object a line. Fields are named as in the protos ("external_id"): so are the
// fields in errors, in origins and in kinds of events.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace google::protobuf {
class Message;
}

namespace carnet::cli {

// The message on one line, without a newline.
std::string ToJson(const google::protobuf::Message& message);

// Text as a JSON string, with its quotes.
std::string JsonString(std::string_view text);

// Reads one object; names as in the protos or in camelCase. Errors: INVALID_ARGUMENT(UNKNOWN_FIELD)
// for a field the message does not have, INVALID_ARGUMENT(UNPARSABLE) for what is no JSON or has
// a value of another type.
absl::Status FromJson(std::string_view text, google::protobuf::Message* message);

}  // namespace carnet::cli
