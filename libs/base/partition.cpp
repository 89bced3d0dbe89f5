#include "base/partition.h"

#include <cstring>

namespace carnet {
namespace {

uint32_t Murmur2(std::string_view data) {
  constexpr uint32_t kMultiplier = 0x5bd1e995;
  constexpr int kRotate = 24;
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  size_t left = data.size();
  uint32_t hash = 0x9747b28c ^ static_cast<uint32_t>(left);
  for (; left >= 4; left -= 4, bytes += 4) {
    uint32_t word;
    std::memcpy(&word, bytes, 4);
    word *= kMultiplier;
    word ^= word >> kRotate;
    word *= kMultiplier;
    hash = hash * kMultiplier ^ word;
  }
  switch (left) {
    case 3:
      hash ^= static_cast<uint32_t>(bytes[2]) << 16;
      [[fallthrough]];
    case 2:
      hash ^= static_cast<uint32_t>(bytes[1]) << 8;
      [[fallthrough]];
    case 1:
      hash ^= bytes[0];
      hash *= kMultiplier;
      break;
    default:
      break;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  hash ^= hash >> 15;
  return hash;
}

}  // namespace

int32_t PartitionOf(std::string_view merchant, int32_t partition_count) {
  return static_cast<int32_t>((Murmur2(merchant) & 0x7fffffffU) %
                              static_cast<uint32_t>(partition_count));
}

}  // namespace carnet
