#include "tests/simulation/seeded_random.h"

#include <cstdio>
#include <cstdlib>

namespace carnet::simulation {

uint64_t FromEnvironment(const char* variable, uint64_t usual) {
  const char* asked = std::getenv(variable);
  return asked == nullptr ? usual : std::strtoull(asked, nullptr, 10);
}

uint64_t RunSeed() {
  // 32 bits: short enough to be typed again.
  const uint64_t seed = FromEnvironment("CARNET_SEED", std::random_device()());
  std::printf("CARNET_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  return seed;
}

}  // namespace carnet::simulation
