#include "tests/bench/layout/store.h"

#include <algorithm>
#include <cstring>

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/universal_compaction.h>

#include "view_store/hash_memtable.h"

namespace carnet::bench::layout {
namespace {

using rocksdb::ColumnFamilyHandle;
using rocksdb::Slice;

const char* const kNames[kFamilies] = {"default", "ids",         "natural", "accounts", "history",
                                       "records", "identifiers", "entries", "feed",     "changes"};

class AppendOperator : public rocksdb::AssociativeMergeOperator {
 public:
  bool Merge(const Slice&, const Slice* existing, const Slice& value, std::string* out,
             rocksdb::Logger*) const override {
    if (existing != nullptr) out->assign(existing->data(), existing->size());
    out->append(value.data(), value.size());
    return true;
  }
  const char* Name() const override { return "carnet.bench.append"; }
};

// A key's merchant: all up to and with its first zero byte.
class MerchantPrefix : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "carnet.bench.merchant"; }
  Slice Transform(const Slice& key) const override {
    const void* zero = std::memchr(key.data(), 0, key.size());
    return Slice(key.data(), size_t(static_cast<const char*>(zero) - key.data()) + 1);
  }
  bool InDomain(const Slice& key) const override {
    return std::memchr(key.data(), 0, key.size()) != nullptr;
  }
};

rocksdb::ColumnFamilyOptions FamilyOptions(const Variant& v, Family f,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  const bool lookup = f == kIds || f == kNatural || f == kAccounts || f == kHistory ||
                      f == kRecords || (f == kIdentifiers && v["tokens"] == 2);
  const bool append = f == kEntries || f == kFeed || f == kChanges;
  const bool hot = f == kIds || f == kNatural || f == kAccounts || f == kRecords || append;

  rocksdb::ColumnFamilyOptions o;
  o.compression = v["lz4"] == 0 || (v["lz4"] == 2 && (f == kIds || f == kNatural))
                      ? rocksdb::kNoCompression
                      : rocksdb::kLZ4Compression;
  o.write_buffer_size = size_t(hot ? v["wb"] : std::min(v["wb"], 16)) << 20;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.format_version = 5;
  if (append && v["block"] > 0) o.merge_operator = std::make_shared<AppendOperator>();
  if (v["universal"]) {
    o.compaction_style = rocksdb::kCompactionStyleUniversal;
    o.compaction_options_universal.allow_trivial_move = false;
  }
  if (v["tuned"]) {
    o.arena_block_size = 64 << 10;
    if (lookup) {
      table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
      o.memtable_prefix_bloom_size_ratio = 0.05;
      o.memtable_whole_key_filtering = true;
    }
  }
  const bool hashed = f == kIds || f == kNatural || f == kAccounts ||
                      (v["records"] && f == kRecords) || (v["identifiers"] && f == kIdentifiers);
  if (v["lookup"] == 3 && hashed) {
    o.memtable_factory =
        view_store::MakeHashMemtableFactory(o.write_buffer_size / (f == kAccounts ? 512 : 128));
  } else if (v["lookup"] && hashed) {
    o.prefix_extractor.reset(rocksdb::NewNoopTransform());
    // About 500 bytes an account row and 100 an id row: a bucket or less for each.
    const size_t buckets =
        v["buckets"] ? size_t(v["buckets"]) : o.write_buffer_size / (f == kAccounts ? 512 : 128);
    o.memtable_factory.reset(v["lookup"] == 1
                                 ? rocksdb::NewHashSkipListRepFactory(buckets)
                                 : rocksdb::NewHashLinkListRepFactory(buckets, 0, 1 << 20, false));
  }
  if ((append && v["append"] == 1) || v["sort"])
    o.memtable_insert_with_hint_prefix_extractor = std::make_shared<MerchantPrefix>();
  if (append && v["append"] == 2)
    o.memtable_factory = std::make_shared<rocksdb::VectorRepFactory>(200'000);
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return o;
}

}  // namespace

Store::~Store() {
  for (ColumnFamilyHandle* family : Distinct()) db->DestroyColumnFamilyHandle(family);
  if (db) db->Close();
}

std::vector<ColumnFamilyHandle*> Store::Distinct() const {
  std::vector<ColumnFamilyHandle*> all;
  for (ColumnFamilyHandle* family : families) {
    if (family != nullptr && std::find(all.begin(), all.end(), family) == all.end()) {
      all.push_back(family);
    }
  }
  return all;
}

std::unique_ptr<Store> Open(const Variant& v, const std::string& dir) {
  rocksdb::DBOptions o;
  o.create_if_missing = o.create_missing_column_families = true;
  o.max_background_jobs = v["bgjobs"];
  o.info_log_level = rocksdb::WARN_LEVEL;
  o.atomic_flush = false;
  o.max_bgerror_resume_count = 0;
  o.max_total_wal_size = uint64_t(v["wal"]) << 20;
  o.avoid_flush_during_recovery = v["keepmem"] != 0;
  if (v["tuned"] || v["lookup"] || v["append"]) {
    o.allow_concurrent_memtable_write = false;
    o.enable_write_thread_adaptive_yield = false;
  }
  const auto cache = rocksdb::NewLRUCache(size_t(v["blockcache"]) << 20);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  std::vector<int> present;
  for (int f = 0; f < kFamilies; ++f) {
    if (v["onefamily"] && (f == kNatural || f == kHistory)) continue;
    if (v["merged"] ? f == kEntries || f == kFeed : f == kChanges) continue;
    descriptors.emplace_back(kNames[f], FamilyOptions(v, Family(f), cache));
    descriptors.back().name = f == kDefault ? rocksdb::kDefaultColumnFamilyName : kNames[f];
    present.push_back(f);
  }
  auto store = std::make_unique<Store>();
  std::vector<ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  Check(rocksdb::DB::Open(o, dir, descriptors, &handles, &db));
  store->db.reset(db);
  for (size_t i = 0; i < present.size(); ++i) store->families[present[i]] = handles[i];
  if (v["onefamily"]) {
    store->families[kNatural] = store->families[kIds];
    store->families[kHistory] = store->families[kAccounts];
  }
  return store;
}

rocksdb::ReadOptions TotalOrder() {
  rocksdb::ReadOptions r;
  r.total_order_seek = true;
  return r;
}

}  // namespace carnet::bench::layout
