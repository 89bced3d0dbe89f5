#include "runtime/message_codec.h"

#include <string>
#include <unordered_map>

#include "absl/strings/str_cat.h"
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include "base/error.h"

namespace carnet::runtime {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kMaxDepth = 100;

// Walks through bytes that protobuf refused and finds the path of the first text that is not UTF-8;
// empty where that is not what is wrong. protobuf itself only tells its log.
class Utf8Fault {
 public:
  static std::string Find(const Descriptor& type, std::string_view bytes) {
    return InMessage(type, bytes, "", 0);
  }

 private:
  static std::string InMessage(const Descriptor& type, std::string_view bytes,
                               const std::string& prefix, int depth) {
    if (depth > kMaxDepth) return "";
    CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                           static_cast<int>(bytes.size()));
    std::unordered_map<int, int> seen;
    while (const uint32_t tag = input.ReadTag()) {
      if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
        if (!WireFormatLite::SkipField(&input, tag)) return "";
        continue;
      }
      uint32_t length = 0;
      if (!input.ReadVarint32(&length)) return "";
      const size_t start = static_cast<size_t>(input.CurrentPosition());
      if (length > bytes.size() - start || !input.Skip(static_cast<int>(length))) return "";
      const FieldDescriptor* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
      if (field == nullptr) continue;
      std::string path = prefix + field->name();
      if (field->is_repeated()) absl::StrAppend(&path, "[", seen[field->number()]++, "]");
      std::string found = InField(*field, bytes.substr(start, length), path, depth);
      if (!found.empty()) return found;
    }
    return "";
  }

  static std::string InField(const FieldDescriptor& field, std::string_view value,
                             const std::string& path, int depth) {
    if (field.type() == FieldDescriptor::TYPE_STRING) {
      const bool valid = google::protobuf::internal::IsStructurallyValidUTF8(
          value.data(), static_cast<int>(value.size()));
      return valid ? "" : path;
    }
    if (field.type() != FieldDescriptor::TYPE_MESSAGE) return "";
    return InMessage(*field.message_type(), value, path + ".", depth + 1);
  }
};

absl::Status Explain(const google::protobuf::Message& message, std::string_view bytes,
                     std::string_view path) {
  std::string fault = Utf8Fault::Find(*message.GetDescriptor(), bytes);
  if (fault.empty()) {
    return Error(absl::StatusCode::kInvalidArgument, "UNPARSABLE",
                 absl::StrCat("the bytes are no ", message.GetDescriptor()->full_name(),
                              ": is the client built from other protos?"),
                 path);
  }
  if (!path.empty()) fault = absl::StrCat(std::string(path), ".", fault);
  return Error(absl::StatusCode::kInvalidArgument, "INVALID_UTF8",
               absl::StrCat(fault, " is not valid UTF-8"), fault);
}

}  // namespace

absl::Status ParseMessage(std::string_view bytes, std::string_view path,
                          google::protobuf::Message* message) {
  if (message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::OkStatus();
  }
  return Explain(*message, bytes, path);
}

absl::Status ParseMessage(const grpc::ByteBuffer& buffer, google::protobuf::Message* message) {
  grpc::Slice slice;
  if (buffer.TrySingleSlice(&slice).ok()) {  // small messages come in one piece
    return ParseMessage({reinterpret_cast<const char*>(slice.begin()), slice.size()}, "", message);
  }
  grpc::ByteBuffer pieces =
      buffer;  // the reader wants one it may change; this only counts references
  grpc::ProtoBufferReader reader(&pieces);
  if (reader.status().ok() && message->ParseFromZeroCopyStream(&reader)) return absl::OkStatus();
  if (!buffer.DumpToSingleSlice(&slice).ok()) slice = grpc::Slice();
  return Explain(*message, {reinterpret_cast<const char*>(slice.begin()), slice.size()}, "");
}

grpc::ByteBuffer SerializeMessage(const google::protobuf::Message& message) {
  const size_t size = message.ByteSizeLong();
  grpc::Slice slice(size);
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace carnet::runtime
