// A memtable for families that are looked up by whole key. For this folder only.
//
// Why one of our own. A random insert into RocksDB's skip list costs more than the fold of a
// change; its hash memtables sort at the flush by inserting every row into a skip list, which only
// puts the cost off. This one is a hash table of chains that is sorted once, when it is flushed. It
// is memory only: what it holds stands in the write-ahead log, tables are the same as ever.
#pragma once

#include <cstddef>
#include <memory>

namespace rocksdb {
class MemTableRepFactory;
}

namespace carnet::view_store {

// `rows`: about how many a memtable will hold. One writer, any number of readers; bytewise order of
// keys. Every iterator sorts a copy first: for whole scans and flushes, not for frequent short
// ones.
std::shared_ptr<rocksdb::MemTableRepFactory> MakeHashMemtableFactory(size_t rows);

}  // namespace carnet::view_store
