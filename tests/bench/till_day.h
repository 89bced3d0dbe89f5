// What happens in a chain of shops in a day, without any form: 15 % contact changes, 55 % sales,
// 25 % receipts, 5 % set-debt; merchants by Zipf's law, customers by Zipf's law within a merchant;
// some of it delivered twice. The same again for the same number of calls.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace carnet::bench {

// A good hash of 64 bits.
uint64_t Mix(uint64_t x);

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() { return Mix(state_++); }
  uint64_t Below(uint64_t n) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * n) >> 64);
  }

 private:
  uint64_t state_;
};

// 0 … n-1 by Zipf's law with exponent 0.99, in constant time (Walker's alias method).
class Zipf {
 public:
  explicit Zipf(size_t n);
  uint32_t Draw(Random& random) const;

 private:
  std::vector<float> threshold_;
  std::vector<uint32_t> alias_;
};

inline constexpr int kMerchants = 50;
inline constexpr uint32_t kCustomers = 200'000;  // of all merchants
inline constexpr int kSources = 3;               // of each merchant

// Looks random.
using Id = std::array<uint8_t, 16>;
Id MakeId(uint64_t kind, uint64_t n);

enum class Kind : uint8_t { kContact, kSale, kReceipt, kSetDebt };

struct Change {
  Kind kind;
  uint8_t source;  // the one that knows the customer
  uint16_t merchant;
  uint32_t customer;  // unique among all merchants'
  uint64_t ordinal;   // of its first delivery: 1, 2, 3 …
  uint32_t code;      // of its voucher: counts up per merchant and source, as receipt numbers do
  int32_t amount;     // minor units
  Id id;
};

class TillDay {
 public:
  TillDay();

  // The next one, or 1 time in 100 one of the newest 20,000 again.
  Change Next();

  // By the same laws.
  uint16_t DrawMerchant(Random& random) const;
  uint32_t DrawCustomer(Random& random, uint16_t merchant) const;

 private:
  Random random_;
  Zipf merchants_;
  // By merchant: its first customer, and how to draw one of its own.
  std::vector<uint32_t> bases_;
  std::vector<Zipf> customers_;
  std::vector<Change> recent_;
  uint64_t ordinal_ = 0;
  uint32_t codes_[kMerchants][kSources] = {};
};

}  // namespace carnet::bench
