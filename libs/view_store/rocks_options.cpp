#include "view_store/rocks_options.h"

#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

#include "base/fatal.h"
#include "rocksdb/db.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/listener.h"
#include "rocksdb/options.h"
#include "rocksdb/rate_limiter.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"
#include "view_store/hash_memtable.h"
#include "view_store/shared_resources.h"

namespace carnet::view_store {
namespace {

using domain::Family;

constexpr size_t kHotBufferBytes = size_t{16} << 20;
// About what a row of a family that is looked up by key takes in memory.
constexpr size_t kBytesPerRow = 160;

// How a family is used; it decides memtable, filters and buffer.
enum class Use {
  kByKey,   // read and written by whole key, often for one that is not there; seldom scanned
  kAppend,  // numbers that count up within a merchant
  kMixed,   // by key and by ranges
  kRare,    // few rows
};

Use UseOf(Family family) {
  switch (family) {
    case Family::kChanges:
    case Family::kCodes:
    case Family::kAccounts:
    case Family::kIdentity:
    case Family::kSharedValues:
    case Family::kLinks:
      return Use::kByKey;
    case Family::kEntries:
    case Family::kFeed:
      return Use::kAppend;
    case Family::kRecords:
    case Family::kIdentifiers:
    case Family::kHistory:
    case Family::kOrders:
      return Use::kMixed;
    case Family::kMerchants:
    case Family::kPostings:
    case Family::kOwnAccounts:
    case Family::kDeadLetters:
    case Family::kPolicies:
    case Family::kConsents:
    case Family::kRelations:
    case Family::kOwnDays:
    case Family::kMembers:
    case Family::kErasures:
      return Use::kRare;
  }
  return Use::kRare;
}

// A key's merchant: all up to and with its first zero byte.
class MerchantOf : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "carnet.merchant"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    const auto* end = static_cast<const char*>(std::memchr(key.data(), 0, key.size()));
    return {key.data(), static_cast<size_t>(end - key.data()) + 1};
  }
  bool InDomain(const rocksdb::Slice& key) const override {
    return std::memchr(key.data(), 0, key.size()) != nullptr;
  }
};

// After a failed write nobody knows what the disk holds, and RocksDB's own attempts to go on would
// hide it.
class FatalOnBackgroundError : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    Fatal(absl::StrCat("the views can't be written: ", error->ToString(),
                       ". Make room or repair the disk, then start again: nothing is lost"));
  }
};

rocksdb::ColumnFamilyOptions BaseOptions(const SharedResources& shared, bool filter) {
  rocksdb::ColumnFamilyOptions options;
  options.compression = rocksdb::kLZ4Compression;
  // Memory of a family with few rows would otherwise be counted in megabytes.
  options.arena_block_size = 64 << 10;
  options.write_buffer_size = 2 << 20;
  // Rows are written once and read by key: fewer rewrites count for more than space.
  options.compaction_style = rocksdb::kCompactionStyleUniversal;

  rocksdb::BlockBasedTableOptions table;
  table.block_cache = shared.block_cache;
  table.format_version = 5;
  // Else their memory would be outside every bound.
  table.cache_index_and_filter_blocks = true;
  // Counted in the cache, but held by the table: a look-up does not search the cache for each of
  // them.
  table.metadata_cache_options.unpartitioned_pinning = rocksdb::PinningTier::kAll;
  if (filter) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

rocksdb::DBOptions DatabaseOptions(const SharedResources& shared, uint64_t max_wal_bytes) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.env = shared.env.get();
  options.write_buffer_manager = shared.memtables;
  options.rate_limiter = shared.rate_limiter;

  // The state is a prefix of the log. What upholds it: one log for all families, replayed up to the
  // first record that is not whole, its files synced in their order (wal_order.h). (Without a log,
  // atomic_flush would not do on RocksDB 7.8: a checkpoint or CompactRange can leave a sparse
  // family behind.)
  options.atomic_flush = false;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.recycle_log_file_num = 0;
  options.max_total_wal_size = max_wal_bytes;
  // A restart keeps what it replayed in memory: writing it out first would double the time to the
  // first answer.
  options.avoid_flush_during_recovery = true;
  options.max_bgerror_resume_count = 0;
  options.listeners.push_back(std::make_shared<FatalOnBackgroundError>());

  // One thread writes. Insertion hints need the first; the second would burn a core in waiting.
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;

  options.max_background_jobs = 2;
  options.max_open_files = 512;
  // Tables are read at random; their pages are in the block cache already.
  options.advise_random_on_open = true;
  options.bytes_per_sync = 1 << 20;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.max_log_file_size = 1 << 20;
  options.keep_log_file_num = 2;
  // Statistics of its own would be kept in memory by the day.
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions FamilyOptions(const SharedResources& shared, Family family) {
  const Use use = UseOf(family);
  rocksdb::ColumnFamilyOptions options =
      BaseOptions(shared, use == Use::kByKey || use == Use::kMixed);
  if (use != Use::kRare) options.write_buffer_size = kHotBufferBytes;
  switch (use) {
    case Use::kByKey:
      options.memtable_factory = MakeHashMemtableFactory(kHotBufferBytes / kBytesPerRow);
      break;
    case Use::kAppend:
      options.memtable_insert_with_hint_prefix_extractor = std::make_shared<MerchantOf>();
      break;
    case Use::kMixed:
      // Look-ups for what is not there end before the walk down the skip list.
      options.memtable_prefix_bloom_size_ratio = 0.05;
      options.memtable_whole_key_filtering = true;
      break;
    case Use::kRare:
      break;
  }
  return options;
}

bool KeepsOrder(Family family) { return UseOf(family) != Use::kByKey; }

rocksdb::ColumnFamilyOptions PartitionFamilyOptions(const SharedResources& shared) {
  return BaseOptions(shared, false);
}

}  // namespace carnet::view_store
