#include "gateway/batch_request.h"

#include "absl/strings/str_cat.h"
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/slice.h>

#include "base/error.h"
#include "domain/reasons.h"
#include "runtime/message_codec.h"

namespace carnet::gateway {
namespace {

using google::protobuf::internal::WireFormatLite;

constexpr int kMaxChanges = 10'000;

absl::Status Refused(std::string_view reason, std::string_view detail,
                     std::string_view field = {}) {
  return Error(absl::StatusCode::kInvalidArgument, reason, detail, field);
}

// The slow way, change by change.
absl::Status ReadOneByOne(const grpc::ByteBuffer& bytes, BatchRequest* batch) {
  batch->message->Clear();
  grpc::Slice slice;
  if (!bytes.DumpToSingleSlice(&slice).ok())
    return Refused(domain::reason::kUnparsable, "the bytes can't be read");
  google::protobuf::io::CodedInputStream input(slice.begin(), static_cast<int>(slice.size()));
  const std::string_view all(reinterpret_cast<const char*>(slice.begin()), slice.size());
  constexpr uint32_t kChangesTag =
      v1::PublishBatchRequest::kChangesFieldNumber << 3 | WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
  constexpr uint32_t kWaitTag =
      v1::PublishBatchRequest::kWaitFieldNumber << 3 | WireFormatLite::WIRETYPE_VARINT;
  while (const uint32_t tag = input.ReadTag()) {
    if (tag == kChangesTag) {
      uint32_t length = 0;
      if (!input.ReadVarint32(&length)) break;
      const auto start = static_cast<size_t>(input.CurrentPosition());
      if (length > all.size() - start || !input.Skip(static_cast<int>(length))) break;
      const int index = batch->message->changes_size();
      v1::Change* change = batch->message->add_changes();
      absl::Status parsed = runtime::ParseMessage(all.substr(start, length), "change", change);
      if (!parsed.ok()) {
        change->Clear();
        batch->unreadable.emplace_back(index, std::move(parsed));
      }
    } else if (tag == kWaitTag) {
      uint64_t value = 0;
      if (!input.ReadVarint64(&value)) break;
      batch->message->set_wait(value != 0);
    } else if (!WireFormatLite::SkipField(&input, tag)) {
      break;
    }
  }
  if (static_cast<size_t>(input.CurrentPosition()) != all.size()) {
    return Refused(domain::reason::kUnparsable, "the bytes are no carnet.v1.PublishBatchRequest");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadBatch(const grpc::ByteBuffer& bytes, BatchRequest* batch) {
  if (!runtime::ParseMessage(bytes, batch->message).ok()) {
    if (absl::Status status = ReadOneByOne(bytes, batch); !status.ok()) return status;
  }
  const auto& unknown = batch->message->GetReflection()->GetUnknownFields(*batch->message);
  if (!unknown.empty()) {
    return Refused(
        domain::reason::kUnknownField,
        absl::StrCat("field number ", unknown.field(0).number(), " is not known to this version"));
  }
  if (batch->message->changes_size() > kMaxChanges) {
    return Refused(domain::reason::kTooManyValues,
                   absl::StrCat("a message takes ", kMaxChanges, " changes at most"), "changes");
  }
  return absl::OkStatus();
}

}  // namespace carnet::gateway
