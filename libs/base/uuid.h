// 16-byte ids: change ids, record ids, log ids, key ids.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace carnet {

// Sixteen bytes, ordered as bytes. Text form: RFC 4122, lower case with hyphens.
class Uuid {
 public:
  static constexpr size_t kSize = 16;

  Uuid() = default;

  // From exactly 16 bytes; nothing for another length.
  static std::optional<Uuid> FromBytes(std::string_view bytes);
  // From text with hyphens, either case; nothing for anything else.
  static std::optional<Uuid> Parse(std::string_view text);
  // UUIDv5 (SHA-1) in Carnet's own namespace over length-prefixed fields, so that {"ab",""} and
  // {"a","b"} differ.
  static Uuid FromFields(std::initializer_list<std::string_view> fields);
  // From the operating system's generator, version 4. Never called by libs/domain.
  static Uuid Random();

  std::string_view bytes() const { return {bytes_.data(), kSize}; }
  std::string ToString() const;
  bool is_nil() const { return *this == Uuid(); }

  // As bytes are ordered, whatever the sign of char.
  bool operator==(const Uuid& other) const { return bytes() == other.bytes(); }
  std::strong_ordering operator<=>(const Uuid& other) const {
    return std::memcmp(bytes_.data(), other.bytes_.data(), kSize) <=> 0;
  }

  template <typename H>
  friend H AbslHashValue(H h, const Uuid& id) {
    return H::combine(std::move(h), id.bytes());
  }

 private:
  std::array<char, kSize> bytes_{};
};

}  // namespace carnet
