// The database of a variant: families and their options.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <rocksdb/db.h>

#include "tests/bench/check.h"
#include "tests/bench/layout/variant.h"

namespace carnet::bench::layout {

using bench::Check;
inline void Check(const rocksdb::Status& status) { Check(status.ok(), status.ToString()); }

enum Family {
  kDefault,
  kIds,
  kNatural,
  kAccounts,
  kHistory,
  kRecords,
  kIdentifiers,
  kEntries,
  kFeed,
  kChanges,
  kFamilies
};

struct Store {
  std::unique_ptr<rocksdb::DB> db;
  rocksdb::ColumnFamilyHandle* families[kFamilies] = {};

  ~Store();
  // Two of `families` may be one.
  std::vector<rocksdb::ColumnFamilyHandle*> Distinct() const;
};

std::unique_ptr<Store> Open(const Variant& v, const std::string& dir);

// For whole scans: some memtables hide rows from an iterator that does not ask for this.
rocksdb::ReadOptions TotalOrder();

}  // namespace carnet::bench::layout
