// Messages as protobuf JSON, one object a line, many lines at a time: what json_direct.h leaves to
// protobuf is read together, as protobuf 3.21 describes all types anew for each message alone,
// which costs many times what reading does.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace google::protobuf {
class Message;
}

namespace carnet::runtime {

// In both, `list` is a message whose field 1 is the repeated message that a line holds
// (PublishBatchRequest.changes, PublishBatchResponse.results).

// Appends one element for each line. Fields are named as in the protos, or in camelCase. A line
// that is no such message leaves an empty one in its place. Answers with a status for each line: OK
// or INVALID_ARGUMENT, UNKNOWN_FIELD for a field that the message does not have, UNPARSABLE for all
// else. Numbers are integers: amounts are text ("12.50") or minor units, so that none ever passes
// through a floating-point number.
std::vector<absl::Status> ReadJsonLines(std::span<const std::string_view> lines,
                                        google::protobuf::Message* list);

// Each element on a line of its own; fields are named as in the protos.
std::string WriteJsonLines(const google::protobuf::Message& list);

}  // namespace carnet::runtime
