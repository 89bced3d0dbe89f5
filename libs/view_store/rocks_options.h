// RocksDB's options for the views. For this folder only.
#pragma once

#include <cstdint>

#include "domain/state.h"

namespace rocksdb {
struct ColumnFamilyOptions;
struct DBOptions;
}  // namespace rocksdb

namespace carnet::view_store {

class SharedResources;

// `max_wal_bytes` as in ViewStoreOptions.
rocksdb::DBOptions DatabaseOptions(const SharedResources& shared, uint64_t max_wal_bytes);

// The column family named FamilyName(family).
rocksdb::ColumnFamilyOptions FamilyOptions(const SharedResources& shared, domain::Family family);

// Whether its memtable keeps rows in key order, so that rows written in order cost less.
bool KeepsOrder(domain::Family family);

// The default column family, in which the rows of the partition itself stand: position and
// untrusted records.
rocksdb::ColumnFamilyOptions PartitionFamilyOptions(const SharedResources& shared);

}  // namespace carnet::view_store
