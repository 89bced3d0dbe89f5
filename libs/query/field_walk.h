// Fields of a row taken from its bytes without parsing the rest of it.
#pragma once

#include <cstdint>
#include <string_view>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "base/fatal.h"

namespace carnet::query {

// Walks the top-level fields of a serialised message. The views wrote the bytes and check their
// blocks, so bytes that are no message are a bug or a broken disk: never an answer.
class FieldWalk {
 public:
  explicit FieldWalk(std::string_view bytes)
      : bytes_(bytes),
        input_(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size())) {}

  // Whether there is another field; then number() is its.
  bool Next() {
    tag_ = input_.ReadTag();
    if (tag_ == 0) CARNET_ASSERT(input_.ConsumedEntireMessage());
    return tag_ != 0;
  }
  int number() const { return google::protobuf::internal::WireFormatLite::GetTagFieldNumber(tag_); }

  std::string_view Bytes() {
    uint32_t size = 0;
    CARNET_ASSERT(input_.ReadVarint32(&size));
    const auto begin = static_cast<size_t>(input_.CurrentPosition());
    CARNET_ASSERT(size <= bytes_.size() - begin && input_.Skip(static_cast<int>(size)));
    return bytes_.substr(begin, size);
  }
  int64_t Int64() {
    uint64_t value = 0;
    CARNET_ASSERT(input_.ReadVarint64(&value));
    return static_cast<int64_t>(value);
  }
  int64_t Sint64() {
    return google::protobuf::internal::WireFormatLite::ZigZagDecode64(
        static_cast<uint64_t>(Int64()));
  }
  void Skip() {
    CARNET_ASSERT(google::protobuf::internal::WireFormatLite::SkipField(&input_, tag_));
  }

 private:
  std::string_view bytes_;
  google::protobuf::io::CodedInputStream input_;
  uint32_t tag_ = 0;
};

}  // namespace carnet::query
