#include "event_log/embedded/embedded_cursor.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "event_log/control_records.h"
#include "event_log/embedded/row_encoding.h"

namespace carnet::event_log {
namespace {

constexpr size_t kReadaheadBytes = size_t{1} << 20;

// Kept between batches; a larger buffer, as one huge record makes it, is given back.
constexpr size_t kKeptBufferBytes = size_t{2} << 20;

std::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

}  // namespace

EmbeddedCursor::EmbeddedCursor(rocksdb::DB* db, PartitionTail* tail, int32_t partition,
                               int64_t offset)
    : db_(db),
      tail_(tail),
      partition_(partition),
      upper_bound_(RowKey(partition + 1, 0)),
      upper_bound_slice_(upper_bound_),
      position_(offset) {}

absl::StatusOr<std::vector<StoredRecord>> EmbeddedCursor::Next(size_t max_records, size_t max_bytes,
                                                               absl::Time deadline) {
  chunks_.clear();
  PartitionTail::View view =
      tail_->WaitBeyond(position_, max_records, max_bytes, deadline, &woken_);
  end_ = view.end;
  if (view.end <= position_) {
    iterator_.reset();
    return std::vector<StoredRecord>();
  }
  if (view.chunks.empty()) return ReadRows(view.end, max_records, max_bytes);
  iterator_.reset();
  chunks_ = std::move(view.chunks);
  return TakeFromTail(max_records, max_bytes);
}

void EmbeddedCursor::Wake() { tail_->Wake(&woken_); }

std::vector<StoredRecord> EmbeddedCursor::TakeFromTail(size_t max_records, size_t max_bytes) {
  std::vector<StoredRecord> batch;
  size_t bytes = 0;
  for (const auto& chunk : chunks_) {
    for (auto at = static_cast<size_t>(position_ - chunk->first_offset); at < chunk->records.size();
         ++at) {
      const Record& record = chunk->records[at];
      bytes += SizeOf(record);
      if (!batch.empty() && (batch.size() >= max_records || bytes > max_bytes)) return batch;
      batch.push_back({.offset = position_, .key = record.key, .value = record.value});
      ++position_;
    }
  }
  return batch;
}

absl::StatusOr<std::vector<StoredRecord>> EmbeddedCursor::ReadRows(int64_t end, size_t max_records,
                                                                   size_t max_bytes) {
  bytes_.clear();
  if (bytes_.capacity() > kKeptBufferBytes) bytes_.shrink_to_fit();
  // The rows are copied, as RocksDB promises nothing for them after the iterator moves; the views
  // are set when the buffer no longer moves either.
  struct Extent {
    size_t key_size;
    size_t value_size;
  };
  std::vector<Extent> extents;
  for (int64_t offset = position_; offset < end; ++offset) {
    if (!extents.empty() && extents.size() >= max_records) break;
    std::string_view key;
    std::string_view value;
    if (absl::Status status = ReadRow(offset, &key, &value); !status.ok()) {
      iterator_.reset();
      if (extents.empty()) return status;
      break;  // What is whole comes first; the next call meets the damage again.
    }
    if (!extents.empty() && bytes_.size() + key.size() + value.size() > max_bytes) break;
    bytes_.append(key).append(value);
    extents.push_back({key.size(), value.size()});
    iterator_->Next();
  }
  std::vector<StoredRecord> batch;
  batch.reserve(extents.size());
  const char* at = bytes_.data();
  for (const Extent& extent : extents) {
    batch.push_back({.offset = position_++,
                     .key = {at, extent.key_size},
                     .value = {at + extent.key_size, extent.value_size}});
    at += extent.key_size + extent.value_size;
  }
  return batch;
}

absl::Status EmbeddedCursor::ReadRow(int64_t offset, std::string_view* key,
                                     std::string_view* value) {
  if (iterator_ == nullptr || (!iterator_->Valid() && iterator_->status().ok())) {
    // None yet, or at the end of what there was when it was made.
    rocksdb::ReadOptions options;
    options.readahead_size = kReadaheadBytes;
    options.fill_cache = false;
    options.iterate_upper_bound = &upper_bound_slice_;
    options.total_order_seek = true;
    iterator_.reset(db_->NewIterator(options));
    iterator_->Seek(RowKey(partition_, offset));
  }
  if (!iterator_->status().ok()) return Damaged(iterator_->status().ToString());
  int32_t found_partition = 0;
  int64_t found_offset = 0;
  if (!iterator_->Valid() ||
      !ParseRowKey(View(iterator_->key()), &found_partition, &found_offset) ||
      found_partition != partition_ || found_offset != offset) {
    return Damaged(absl::StrCat("offset ", offset, " is missing"));
  }
  if (!ParseRowValue(View(iterator_->value()), key, value)) {
    return Damaged(absl::StrCat("offset ", offset, " is no record"));
  }
  return absl::OkStatus();
}

absl::Status EmbeddedCursor::Damaged(const std::string& why) const {
  return Error(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
               absl::StrCat("partition ", partition_, " of the event log in ", db_->GetName(),
                            " can't be read: ", why, "; restore it from a backup"));
}

}  // namespace carnet::event_log
