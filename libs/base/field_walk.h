// Fields of a serialised message taken from its bytes, without making a message of them: for reads
// that are hot, or need little of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/fatal.h"

namespace carnet {

// Walks the top-level fields of a serialised message. The views wrote the bytes and check their
// blocks, so bytes that are no message are a bug or a broken disk: never an answer.
class FieldWalk {
 public:
  explicit FieldWalk(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  // Whether there is another field; then number() is its.
  bool Next() {
    if (at_ == end_) return false;
    tag_ = static_cast<uint32_t>(Varint());
    return true;
  }
  int number() const { return static_cast<int>(tag_ >> 3); }
  // Of a list of numbers: whether all of them stand in one Bytes(), for Packed.
  bool is_packed() const { return (tag_ & 7) == kBytes; }

  class Packed;

  // One of these for each field.
  std::string_view Bytes() {
    const uint64_t size = Varint();
    CARNET_ASSERT((tag_ & 7) == kBytes && size <= static_cast<uint64_t>(end_ - at_));
    const std::string_view bytes(at_, size);
    at_ += size;
    return bytes;
  }
  int64_t Int64() { return static_cast<int64_t>(Varint()); }
  int64_t Sint64() {
    const uint64_t value = Varint();
    return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  void Skip() {
    switch (tag_ & 7) {
      case kVarint:
        Varint();
        return;
      case kBytes:
        Bytes();
        return;
      case kFixed64:
        return Pass(8);
      case kFixed32:
        return Pass(4);
      default:
        CARNET_ASSERT(false);
    }
  }

 private:
  // As the wire has them. No message of Carnet's has groups.
  static constexpr uint32_t kVarint = 0;
  static constexpr uint32_t kFixed64 = 1;
  static constexpr uint32_t kBytes = 2;
  static constexpr uint32_t kFixed32 = 5;

  uint64_t Varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      CARNET_ASSERT(at_ != end_);
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    CARNET_ASSERT(false);
    return 0;
  }
  void Pass(std::ptrdiff_t size) {
    CARNET_ASSERT(size <= end_ - at_);
    at_ += size;
  }

  const char* at_;
  const char* const end_;
  uint32_t tag_ = 0;
};

// The numbers of a packed list.
class FieldWalk::Packed {
 public:
  explicit Packed(std::string_view bytes) : walk_(bytes) {}
  bool Next() {
    if (walk_.at_ == walk_.end_) return false;
    value_ = walk_.Int64();
    return true;
  }
  int64_t value() const { return value_; }

 private:
  FieldWalk walk_;
  int64_t value_ = 0;
};

}  // namespace carnet
