#include "cli/json.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wrappers.pb.h>

#include "base/error.h"
#include "base/fatal.h"
#include "domain/reasons.h"

namespace carnet::cli {

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  // Only an Any of an unknown type has no JSON.
  return status.ok() ? text : "{\"unprintable\":" + JsonString(message.GetTypeName()) + "}";
}

std::string JsonString(std::string_view text) {
  google::protobuf::StringValue value;
  value.set_value(std::string(text));
  std::string json;
  CARNET_ASSERT(google::protobuf::util::MessageToJsonString(value, &json).ok());
  return json;
}

absl::Status FromJson(std::string_view text, google::protobuf::Message* message) {
  const auto status =
      google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, message, {});
  if (status.ok()) return absl::OkStatus();
  const std::string detail = status.message().as_string();
  const bool unknown = detail.find("Cannot find field") != std::string::npos;
  return Error(absl::StatusCode::kInvalidArgument,
               unknown ? domain::reason::kUnknownField : domain::reason::kUnparsable, detail);
}

}  // namespace carnet::cli
