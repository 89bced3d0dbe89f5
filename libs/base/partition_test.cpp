#include "base/partition.h"

#include <string>

#include <gtest/gtest.h>

namespace carnet {
namespace {

// Expected values: org.apache.kafka.common.utils.UtilsTest.testMurmur2, made positive as the
// default partitioner does.
TEST(Partition, IsKafkasMurmur2) {
  const struct {
    std::string key;
    int32_t murmur2;
  } cases[] = {{"21", -973932308},
               {"foobar", -790332482},
               {"a-little-bit-long-string", -985981536},
               {"a-little-bit-longer-string", -1486304829},
               {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
               {"abc", 479470107}};
  for (const auto& c : cases) {
    EXPECT_EQ(PartitionOf(c.key, 0x7fffffff), (c.murmur2 & 0x7fffffff) % 0x7fffffff) << c.key;
    EXPECT_EQ(PartitionOf(c.key, 16), (c.murmur2 & 0x7fffffff) % 16) << c.key;
  }
  EXPECT_EQ(PartitionOf("any", 1), 0);
}

}  // namespace
}  // namespace carnet
