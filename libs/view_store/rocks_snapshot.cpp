#include "view_store/rocks_snapshot.h"

#include "absl/strings/str_cat.h"

#include "base/bytes.h"
#include "base/fatal.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "rocksdb/rate_limiter.h"
#include "rocksdb/slice.h"
#include "rocksdb/snapshot.h"
#include "rocksdb/write_buffer_manager.h"
#include "view_store/shared_resources.h"

namespace carnet::view_store {
namespace {

constexpr std::string_view kUntrustedPrefix = "untrusted/";

rocksdb::Slice AsSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view AsView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// The smallest key above all that begin with `prefix`; empty if there is none.
std::string EndOf(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) ++end.back();
  return end;
}

}  // namespace

Database::Database() = default;

Database::~Database() {
  if (db == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* handle : families) {
    if (handle != nullptr) db->DestroyColumnFamilyHandle(handle);
  }
  if (partition != nullptr) db->DestroyColumnFamilyHandle(partition);
  // What is in memtables stands in the write-ahead log: closing does not wait for a flush.
  db->Close();
}

std::string UntrustedKey(int64_t offset) {
  std::string key(kUntrustedPrefix);
  AppendBigEndian64(static_cast<uint64_t>(offset), &key);
  return key;
}

void FatalRead(const Database& database, const rocksdb::Status& status) {
  Fatal(absl::StrCat("the views in ", database.path, " can't be read: ", status.ToString(),
                     ". If the disk is sound, remove that folder: it is made again from the log"));
}

RocksSnapshot::RocksSnapshot(std::shared_ptr<const Database> database, int64_t position)
    : database_(std::move(database)),
      snapshot_(database_->db->GetSnapshot()),
      position_(position) {}

RocksSnapshot::~RocksSnapshot() { database_->db->ReleaseSnapshot(snapshot_); }

bool RocksSnapshot::Get(domain::Family family, std::string_view key, std::string* value) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot_;
  const rocksdb::Status status =
      database_->db->Get(options, database_->family(family), AsSlice(key), value);
  if (status.ok()) return true;
  if (!status.IsNotFound()) FatalRead(*database_, status);
  return false;
}

void RocksSnapshot::Scan(domain::Family family, std::string_view prefix,
                         const Visitor& visit) const {
  ReadRange(database_->family(family), rocksdb::ReadOptions(), prefix, prefix, false, visit);
}

void RocksSnapshot::ScanFrom(domain::Family family, std::string_view prefix, std::string_view start,
                             const Visitor& visit) const {
  ReadRange(database_->family(family), rocksdb::ReadOptions(), prefix, start, false, visit);
}

void RocksSnapshot::ScanBackFrom(domain::Family family, std::string_view prefix,
                                 std::string_view start, const Visitor& visit) const {
  ReadRange(database_->family(family), rocksdb::ReadOptions(), prefix, start, true, visit);
}

void RocksSnapshot::ScanUntrusted(int64_t before_offset, const UntrustedVisitor& visit) const {
  if (before_offset <= 0) return;
  ReadRange(database_->partition, rocksdb::ReadOptions(), kUntrustedPrefix,
            UntrustedKey(before_offset - 1), true,
            [&](std::string_view key, std::string_view value) {
              carnet::log::v1::UntrustedRecordRow row;
              if (!row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
                FatalRead(*database_, rocksdb::Status::Corruption("an untrusted record's row"));
              }
              return visit(
                  static_cast<int64_t>(ReadBigEndian64(key.substr(kUntrustedPrefix.size()))), row);
            });
}

uint64_t RocksSnapshot::sequence() const { return snapshot_->GetSequenceNumber(); }

void RocksSnapshot::ScanAll(domain::Family family, const Visitor& visit) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.readahead_size = 2 << 20;
  ReadRange(database_->family(family), options, {}, {}, false, visit);
}

void RocksSnapshot::ReadRange(rocksdb::ColumnFamilyHandle* family, rocksdb::ReadOptions options,
                              std::string_view prefix, std::string_view start, bool backwards,
                              const Visitor& visit) const {
  options.snapshot = snapshot_;
  // Memtables and tables that are arranged by prefix would otherwise return part of the rows, or
  // none.
  options.total_order_seek = true;
  const std::string end = EndOf(prefix);
  const rocksdb::Slice lower = AsSlice(prefix);
  const rocksdb::Slice upper = end;
  if (!prefix.empty()) options.iterate_lower_bound = &lower;
  if (!end.empty()) options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(database_->db->NewIterator(options, family));
  if (backwards) {
    for (rows->SeekForPrev(AsSlice(start)); rows->Valid(); rows->Prev()) {
      if (!visit(AsView(rows->key()), AsView(rows->value()))) return;
    }
  } else {
    for (rows->Seek(AsSlice(start)); rows->Valid(); rows->Next()) {
      if (!visit(AsView(rows->key()), AsView(rows->value()))) return;
    }
  }
  if (!rows->status().ok()) FatalRead(*database_, rows->status());
}

}  // namespace carnet::view_store
