// Reads a partition of the embedded log: from memory near the end, from RocksDB before that.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "event_log/embedded/partition_tail.h"
#include "event_log/event_log.h"
#include "rocksdb/db.h"

namespace carnet::event_log {

class EmbeddedCursor final : public Cursor {
 public:
  // `db` and `tail` must outlive it. `offset` must not be beyond the end.
  EmbeddedCursor(rocksdb::DB* db, PartitionTail* tail, int32_t partition, int64_t offset);

  absl::StatusOr<std::vector<StoredRecord>> Next(size_t max_records, size_t max_bytes,
                                                 absl::Time deadline) override;
  void Wake() override;
  int64_t position() const override { return position_; }
  int64_t end() const override { return end_; }

 private:
  std::vector<StoredRecord> TakeFromTail(size_t max_records, size_t max_bytes);
  absl::StatusOr<std::vector<StoredRecord>> ReadRows(int64_t end, size_t max_records,
                                                     size_t max_bytes);
  // The row that stands there, which is the iterator's.
  absl::Status ReadRow(int64_t offset, std::string_view* key, std::string_view* value);
  absl::Status Damaged(const std::string& why) const;

  rocksdb::DB* const db_;
  PartitionTail* const tail_;
  const int32_t partition_;
  // Where iteration ends: RocksDB keeps a pointer to the slice, and that one to the string.
  const std::string upper_bound_;
  const rocksdb::Slice upper_bound_slice_;

  // The reading thread's own.
  int64_t position_;
  int64_t end_ = 0;
  // Stands at position_ if there is one. Kept while reading what is older than the tail and dropped
  // when the end is reached, as it holds on to files and memtables.
  std::unique_ptr<rocksdb::Iterator> iterator_;
  // What the views of the last batch point into.
  std::vector<std::shared_ptr<const TailChunk>> chunks_;
  std::string bytes_;

  // Guarded by tail_.
  bool woken_ = false;
};

}  // namespace carnet::event_log
