// Rows that are appended by change number: one a change, or cut into blocks of `block` changes.
#pragma once

#include <string>

#include <rocksdb/write_batch.h>

#include "tests/bench/layout/rows.h"
#include "tests/bench/layout/store.h"

namespace carnet::bench::layout {

class Stream {
 public:
  explicit Stream(const Variant& v) : block_(v["block"]), merge_(v["merge"]) {}
  void Open(rocksdb::ColumnFamilyHandle* family) { family_ = family; }
  void Append(rocksdb::WriteBatch& batch, uint16_t m, uint64_t number, const std::string& bytes) {
    if (block_ == 0) {
      Check(batch.Put(family_, NumberKey(m, number), bytes));
      return;
    }
    Tail& t = tails_[m];
    if (number / uint64_t(block_) != t.block) {
      Write(batch, m);
      t.block = number / uint64_t(block_);
      t.bytes.clear();
      t.written = 0;
    }
    AppendBigEndian(t.bytes, number);
    AppendBigEndian(t.bytes, bytes.size(), 2);
    t.bytes.append(bytes);
  }
  void EndBatch(rocksdb::WriteBatch& batch) {
    if (block_ == 0) return;
    for (uint16_t m = 0; m < kMerchants; ++m) Write(batch, m);
  }

 private:
  struct Tail {
    uint64_t block = 0;
    std::string bytes;
    size_t written = 0;
  };
  void Write(rocksdb::WriteBatch& batch, uint16_t m) {
    Tail& t = tails_[m];
    if (t.written == t.bytes.size()) return;
    if (merge_) {
      Check(batch.Merge(family_, NumberKey(m, t.block),
                        Slice(t.bytes.data() + t.written, t.bytes.size() - t.written)));
    } else {
      Check(batch.Put(family_, NumberKey(m, t.block), t.bytes));
    }
    t.written = t.bytes.size();
  }
  int block_, merge_;
  rocksdb::ColumnFamilyHandle* family_ = nullptr;
  Tail tails_[kMerchants];
};

}  // namespace carnet::bench::layout
