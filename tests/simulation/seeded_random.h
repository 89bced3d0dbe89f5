// Chances that are the same again for the same seed, on any machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace carnet::simulation {

// The distributions of <random> differ from library to library, so it draws by itself.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  // 0 … bound - 1; `bound` must be positive.
  uint64_t Below(uint64_t bound) { return engine_() % bound; }
  // least … most, both included.
  int64_t Between(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(Below(static_cast<uint64_t>(most - least) + 1));
  }
  bool Chance(uint64_t in_hundred) { return Below(100) < in_hundred; }

  template <typename List>
  auto& PickFrom(List& list) {
    return list[Below(list.size())];
  }

  std::string Bytes(size_t count) {
    std::string bytes;
    while (bytes.size() < count) bytes.push_back(static_cast<char>(engine_()));
    return bytes;
  }

 private:
  std::mt19937_64 engine_;
};

// What asks for other runs than the usual one: a number in the environment, or `usual`.
uint64_t FromEnvironment(const char* variable, uint64_t usual);

// CARNET_SEED, or another one each time; printed, so that a run can be repeated.
uint64_t RunSeed();

}  // namespace carnet::simulation
