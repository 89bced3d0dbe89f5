// Big-endian integers in keys, so that byte order is number order.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace carnet {

inline void AppendBigEndian32(uint32_t value, std::string* out) {
  value = __builtin_bswap32(value);
  out->append(reinterpret_cast<const char*>(&value), sizeof value);
}

inline void AppendBigEndian64(uint64_t value, std::string* out) {
  value = __builtin_bswap64(value);
  out->append(reinterpret_cast<const char*>(&value), sizeof value);
}

// `bytes` must hold at least 4 (8) bytes.
inline uint32_t ReadBigEndian32(std::string_view bytes) {
  uint32_t value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return __builtin_bswap32(value);
}

inline uint64_t ReadBigEndian64(std::string_view bytes) {
  uint64_t value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return __builtin_bswap64(value);
}

}  // namespace carnet
