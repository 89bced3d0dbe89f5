// Which partition a merchant belongs to.
#pragma once

#include <cstdint>
#include <string_view>

namespace carnet {

// murmur2 as Kafka's Java client computes it (seed 0x9747b28c), sign bit dropped, modulo the count:
// librdkafka's `murmur2_random` for keys that are not empty. partition_count must be positive.
int32_t PartitionOf(std::string_view merchant, int32_t partition_count);

}  // namespace carnet
