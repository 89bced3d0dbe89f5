#include "tests/bench/layout/rows.h"

#include <cstdio>
#include <vector>

namespace carnet::bench::layout {

void AppendFiller(std::string& out, uint64_t seed, size_t n, bool sealed) {
  static const std::string half = [] {
    std::string s;
    for (uint64_t i = 0; i < 8192; ++i) {
      const uint64_t r = Mix(i);
      s.append("\x0a\x10sale", 6).append(reinterpret_cast<const char*>(&r), 6);
    }
    return s;
  }();
  static const std::string whole = [] {
    std::string s;
    for (uint64_t i = 0; i < 16384; ++i) {
      const uint64_t r = Mix(i * 3);
      s.append(reinterpret_cast<const char*>(&r), 8);
    }
    return s;
  }();
  const std::string& pool = sealed ? whole : half;
  out.append(pool, Mix(seed) % (pool.size() - n), n);
}

void AppendBigEndian(std::string& s, uint64_t n, int bytes) {
  for (int shift = bytes * 8 - 8; shift >= 0; shift -= 8) s.push_back(char(n >> shift));
}
const std::string& MerchantKey(uint16_t m) {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    all.reserve(kMerchants);
    for (int i = 0; i < kMerchants; ++i)
      all.push_back("cua-hang-" + std::to_string(100 + i * 17 % 97) + '\0');
    return all;
  }();
  return names[m];
}
std::string Key(uint16_t m, char kind, const Id& id) {
  std::string k = MerchantKey(m);
  k.push_back(kind);
  k.append(reinterpret_cast<const char*>(id.data()), id.size());
  return k;
}
std::string NumberKey(uint16_t m, uint64_t n) {
  std::string k = MerchantKey(m);
  AppendBigEndian(k, n);
  return k;
}
std::string IdKey(const Change& c) { return Key(c.merchant, 'i', c.id); }
std::string NaturalKey(const Change& c) {
  static const char* const sources[kSources] = {"pos-1", "web", "kiotviet"};
  char code[16];
  std::snprintf(code, sizeof code, "HD%08u", c.code);
  return (MerchantKey(c.merchant) + 'n').append(sources[c.source]).append(1, '\0').append(code);
}
std::string AccountKey(uint16_t m, uint32_t customer) { return Key(m, 'a', MakeId(2, customer)); }
std::string HistoryKey(uint16_t m, uint32_t customer, uint64_t chunk) {
  std::string k = Key(m, 'h', MakeId(2, customer));
  AppendBigEndian(k, chunk, 4);
  return k;
}

std::string RecordKey(uint16_t m, uint32_t customer) { return Key(m, 'r', MakeId(2, customer)); }

std::string Encode(const IdRow& row, const Id& id) {
  std::string s;
  s.append(reinterpret_cast<const char*>(&row), sizeof row);
  AppendFiller(s, id[0], 24, true);  // content hash, outcome, flags
  return s;
}

std::string Encode(const Account& a) {
  std::string s(reinterpret_cast<const char*>(&a.count), 32);
  s.append(a.tail);
  return s;
}
Account DecodeAccount(const Slice& s) {
  Account a;
  std::memcpy(&a.count, s.data(), 32);
  a.tail.assign(s.data() + 32, s.size() - 32);
  return a;
}

}  // namespace carnet::bench::layout
