#include "tests/bench/layout/reads.h"

#include <algorithm>

#include "tests/bench/clocks.h"

namespace carnet::bench::layout {

using rocksdb::ColumnFamilyHandle;
using rocksdb::PinnableSlice;
using rocksdb::Status;

double AccountGets(const TillDay& day, Store& s) {
  Random random(99);
  PinnableSlice value;
  constexpr int kGets = 100'000;
  const double t = Now();
  for (int i = 0; i < kGets; ++i) {
    const uint16_t m = day.DrawMerchant(random);
    value.Reset();
    const Status st = s.db->Get(rocksdb::ReadOptions(), s.families[kAccounts],
                                AccountKey(m, day.DrawCustomer(random, m)), &value);
    Check(st.ok() || st.IsNotFound(), st.ToString());
  }
  return (Now() - t) / kGets * 1e6;
}

double Listings(const Variant& v, const TillDay& day, Store& s) {
  Random random(101);
  const rocksdb::ReadOptions read;
  const Family family = v["merged"] ? kChanges : kEntries;
  const auto block = uint64_t(v["block"]);
  double time = 0;
  int listed = 0;
  for (int tries = 0; listed < 2000 && tries < 200'000; ++tries) {
    const uint16_t m = day.DrawMerchant(random);
    const uint32_t customer = day.DrawCustomer(random, m);
    const double t = Now();
    PinnableSlice value;
    if (!s.db->Get(read, s.families[kAccounts], AccountKey(m, customer), &value).ok()) continue;
    Account a = DecodeAccount(value);
    if (a.count < 50) continue;
    std::string lines = a.tail;
    for (int64_t chunk = a.count / v["tail"]; lines.size() < 50 * kLine; --chunk) {
      value.Reset();
      Check(
          s.db->Get(read, s.families[kHistory], HistoryKey(m, customer, uint64_t(chunk)), &value));
      lines.insert(0, value.data(), value.size());
    }
    lines.erase(0, lines.size() - 50 * kLine);
    std::vector<std::string> keys;
    for (size_t i = 0; i < 50; ++i) {
      uint32_t number;
      std::memcpy(&number, lines.data() + i * kLine, 4);
      std::string key = NumberKey(m, block ? number / block : number);
      if (keys.empty() || keys.back() != key) keys.push_back(std::move(key));
    }
    std::vector<Slice> slices(keys.begin(), keys.end());
    std::vector<PinnableSlice> values(keys.size());
    std::vector<Status> statuses(keys.size());
    s.db->MultiGet(read, s.families[family], keys.size(), slices.data(), values.data(),
                   statuses.data());
    for (const Status& st : statuses) Check(st);
    time += Now() - t;
    ++listed;
  }
  return listed ? time / listed * 1e6 : 0;
}

namespace {

uint64_t EventsIn(const Variant& v, Slice row) {
  if (v["block"] == 0) return uint64_t(row[0]);
  uint64_t n = 0;
  while (!row.empty()) {
    const size_t size = size_t(uint8_t(row[8])) << 8 | uint8_t(row[9]);
    n += uint64_t(row[10]);
    row.remove_prefix(10 + size);
  }
  return n;
}

}  // namespace

double FeedScan(const Variant& v, Store& s) {
  const Family family = v["merged"] ? kChanges : kFeed;
  const double t = Now();
  constexpr int kScans = 20;
  for (int i = 0; i < kScans; ++i) {
    std::unique_ptr<rocksdb::Iterator> it(s.db->NewIterator(TotalOrder(), s.families[family]));
    uint64_t events = 0;
    for (it->Seek(NumberKey(0, uint64_t(v["block"] ? 100 : 100 * i)));
         it->Valid() && events < 10'000; it->Next())
      events += EventsIn(v, it->value());
    Check(it->status());
  }
  return (Now() - t) / kScans * 1e3;
}

double FreshReads(const Variant& v, const Folder& folder, Store& s) {
  const Family family = v["merged"] ? kChanges : kFeed;
  const double t = Now();
  constexpr int kReads = 50;
  for (int i = 0; i < kReads; ++i) {
    const auto m = uint16_t(i % kMerchants);
    const MerchantState& state = folder.merchant(m);
    const uint64_t number = std::max<uint64_t>(state.number, 20) - 20;
    const uint64_t from = v["block"]    ? number / uint64_t(v["block"])
                          : v["merged"] ? number
                                        : std::max<uint64_t>(state.sequence, 40) - 40;
    std::unique_ptr<rocksdb::Iterator> it(s.db->NewIterator(TotalOrder(), s.families[family]));
    uint64_t events = 0;
    for (it->Seek(NumberKey(m, from)); it->Valid() && it->key().starts_with(MerchantKey(m));
         it->Next())
      events += EventsIn(v, it->value());
    Check(events > 0, "no fresh events");
  }
  return (Now() - t) / kReads * 1e6;
}

uint64_t HashAll(Store& s) {
  uint64_t hash = 0;
  const auto add = [&hash](const Slice& x) {
    for (size_t i = 0; i + 8 <= x.size(); i += 8) {
      uint64_t w;
      std::memcpy(&w, x.data() + i, 8);
      hash = Mix(hash ^ w);
    }
    for (size_t i = x.size() & ~size_t(7); i < x.size(); ++i)
      hash = hash * 1099511628211u + uint8_t(x[i]);
    hash = Mix(hash ^ x.size());
  };
  for (ColumnFamilyHandle* family : s.Distinct()) {
    add(family->GetName());
    std::unique_ptr<rocksdb::Iterator> it(s.db->NewIterator(TotalOrder(), family));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      add(it->key());
      add(it->value());
    }
    Check(it->status());
  }
  return hash;
}
}  // namespace carnet::bench::layout
