// An open database of views, and a moment of it. For this folder only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "view_store/view_store.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Iterator;
class Snapshot;
class Status;
struct ReadOptions;
}  // namespace rocksdb

namespace carnet::view_store {

class SharedResources;

// Closed when the last of the store and its snapshots lets go. Constant after open.
struct Database {
  std::shared_ptr<SharedResources> shared;  // outlives `db`
  std::string path;
  std::unique_ptr<rocksdb::DB> db;
  // By Family; then the partition's own, which is the default one.
  std::array<rocksdb::ColumnFamilyHandle*, domain::kFamilyCount> families{};
  rocksdb::ColumnFamilyHandle* partition = nullptr;

  Database();
  ~Database();
  rocksdb::ColumnFamilyHandle* family(domain::Family family) const {
    return families[static_cast<size_t>(family)];
  }
};

// In the partition's own family.
inline constexpr char kPositionKey[] = "position";
std::string UntrustedKey(int64_t offset);

// What RocksDB says no one here can mend: ends the process.
[[noreturn]] void FatalRead(const Database& database, const rocksdb::Status& status);

class RocksSnapshot final : public Snapshot {
 public:
  // Of the present moment. `position` must be what was written last.
  RocksSnapshot(std::shared_ptr<const Database> database, int64_t position);
  ~RocksSnapshot() override;

  bool Get(domain::Family family, std::string_view key, std::string* value) const override;
  void Scan(domain::Family family, std::string_view prefix, const Visitor& visit) const override;
  int64_t position() const override { return position_; }
  void ScanFrom(domain::Family family, std::string_view prefix, std::string_view start,
                const Visitor& visit) const override;
  void ScanBackFrom(domain::Family family, std::string_view prefix, std::string_view start,
                    const Visitor& visit) const override;
  void ScanUntrusted(int64_t before_offset, const UntrustedVisitor& visit) const override;

  // Of RocksDB: what was written up to it is seen.
  uint64_t sequence() const;

  // All rows of a family in order, past the block cache.
  void ScanAll(domain::Family family, const Visitor& visit) const;

 private:
  void ReadRange(rocksdb::ColumnFamilyHandle* family, rocksdb::ReadOptions options,
                 std::string_view prefix, std::string_view start, bool backwards,
                 const Visitor& visit) const;

  const std::shared_ptr<const Database> database_;
  const rocksdb::Snapshot* const snapshot_;
  const int64_t position_;
};

}  // namespace carnet::view_store
