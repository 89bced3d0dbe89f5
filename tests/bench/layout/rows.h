// Keys and values as the variants write them.
#pragma once

#include <cstring>
#include <string>

#include <rocksdb/slice.h>

#include "tests/bench/till_day.h"

namespace carnet::bench::layout {

using rocksdb::Slice;

struct IdHash {
  size_t operator()(const Id& id) const {
    size_t h;
    std::memcpy(&h, id.data(), sizeof h);
    return h;
  }
};

// Bytes that compress about as protobufs of numbers, ids and short strings do; `sealed` ones not at
// all.
void AppendFiller(std::string& out, uint64_t seed, size_t n, bool sealed = false);

void AppendBigEndian(std::string& s, uint64_t n, int bytes = 8);

const std::string& MerchantKey(uint16_t m);
// Of what stands under an id: `kind` tells apart what may share a family.
std::string Key(uint16_t m, char kind, const Id& id);
std::string NumberKey(uint16_t m, uint64_t n);
std::string IdKey(const Change& c);
std::string NaturalKey(const Change& c);
std::string AccountKey(uint16_t m, uint32_t customer);
std::string HistoryKey(uint16_t m, uint32_t customer, uint64_t chunk);
std::string RecordKey(uint16_t m, uint32_t customer);

struct IdRow {
  uint64_t number = 0;
  uint64_t duplicates = 0;
};
std::string Encode(const IdRow& row, const Id& id);

// A line of history: change number, effective and recorded day, delta.
constexpr size_t kLine = 14;
struct Account {
  int64_t count = 0, owed = 0, coins = 0, opened = 0;
  std::string tail;
};
std::string Encode(const Account& a);
Account DecodeAccount(const Slice& s);

}  // namespace carnet::bench::layout
