#include "tests/bench/till_day.h"

#include <cmath>
#include <cstring>
#include <numeric>

namespace carnet::bench {
namespace {

constexpr double kExponent = -0.99;
constexpr size_t kRecent = 20'000;

}  // namespace

uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

Zipf::Zipf(size_t n) : threshold_(n), alias_(n) {
  std::vector<double> p(n);
  for (size_t i = 0; i < n; ++i) p[i] = std::pow(static_cast<double>(i + 1), kExponent);
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  std::vector<uint32_t> low;
  std::vector<uint32_t> high;
  for (size_t i = 0; i < n; ++i) {
    p[i] *= static_cast<double>(n) / sum;
    (p[i] < 1 ? low : high).push_back(static_cast<uint32_t>(i));
  }
  while (!low.empty() && !high.empty()) {
    const uint32_t l = low.back();
    const uint32_t h = high.back();
    low.pop_back();
    threshold_[l] = static_cast<float>(p[l]);
    alias_[l] = h;
    p[h] -= 1 - p[l];
    if (p[h] < 1) {
      high.pop_back();
      low.push_back(h);
    }
  }
  for (const uint32_t i : low) threshold_[i] = 1;
  for (const uint32_t i : high) threshold_[i] = 1;
}

uint32_t Zipf::Draw(Random& random) const {
  const uint64_t r = random.Next();
  const auto i = static_cast<uint32_t>(((r >> 32) * threshold_.size()) >> 32);
  const float point = static_cast<float>(r & 0xffffff) / static_cast<float>(0x1000000);
  return point < threshold_[i] ? i : alias_[i];
}

Id MakeId(uint64_t kind, uint64_t n) {
  Id id;
  const uint64_t a = Mix(n * 8 + kind);
  const uint64_t b = Mix(a ^ kind);
  std::memcpy(id.data(), &a, 8);
  std::memcpy(id.data() + 8, &b, 8);
  return id;
}

TillDay::TillDay() : random_(7), merchants_(kMerchants) {
  double sum = 0;
  for (int m = 0; m < kMerchants; ++m) sum += std::pow(m + 1, kExponent);
  uint32_t base = 0;
  for (int m = 0; m < kMerchants; ++m) {
    const auto size = static_cast<uint32_t>(kCustomers * std::pow(m + 1, kExponent) / sum) + 1;
    bases_.push_back(base);
    customers_.emplace_back(size);
    base += size;
  }
}

uint16_t TillDay::DrawMerchant(Random& random) const {
  return static_cast<uint16_t>(merchants_.Draw(random));
}

uint32_t TillDay::DrawCustomer(Random& random, uint16_t merchant) const {
  return bases_[merchant] + customers_[merchant].Draw(random);
}

Change TillDay::Next() {
  if (recent_.size() > 100 && random_.Below(100) == 0) {
    return recent_[random_.Below(recent_.size())];
  }
  Change c{};
  const uint64_t p = random_.Below(100);
  c.kind = p < 15   ? Kind::kContact
           : p < 70 ? Kind::kSale
           : p < 95 ? Kind::kReceipt
                    : Kind::kSetDebt;
  c.merchant = DrawMerchant(random_);
  c.customer = DrawCustomer(random_, c.merchant);
  c.source = static_cast<uint8_t>(c.customer % kSources);
  c.ordinal = ++ordinal_;
  if (c.kind != Kind::kContact) c.code = ++codes_[c.merchant][c.source];
  c.amount = static_cast<int32_t>(1000 + random_.Below(900'000));
  c.id = MakeId(1, c.ordinal);
  if (recent_.size() < kRecent) {
    recent_.push_back(c);
  } else {
    recent_[c.ordinal % kRecent] = c;
  }
  return c;
}

}  // namespace carnet::bench
