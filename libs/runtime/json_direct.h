// The usual protobuf JSON, read and written many times faster than protobuf 3.21 does (which makes
// events of it, then the wire format, then a message).
//
// Both know a part of the language only. What they don't know they leave to protobuf, so nothing
// but speed depends on what that part is; what they take, protobuf would take to the same.
#pragma once

#include <string>
#include <string_view>

namespace google::protobuf {
class Message;
}

namespace carnet::runtime {

// One object into an empty message. False: leave it to protobuf; the message may be half filled. Of
// numbers only integers are known.
bool ReadJsonDirectly(std::string_view text, google::protobuf::Message* message);

// Appends it, names as in the protos. False: leave it to protobuf; nothing was appended.
bool WriteJsonDirectly(const google::protobuf::Message& message, std::string* out);

}  // namespace carnet::runtime
