#include "event_log/embedded/group_writer.h"

#include <pthread.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "base/fatal.h"
#include "event_log/control_records.h"
#include "event_log/embedded/row_encoding.h"

namespace carnet::event_log {
namespace {

// Bounds the batch and how long the first of a group waits for the last.
constexpr size_t kMaxGroupBytes = size_t{4} << 20;

// A batch that one huge append has blown up is given back.
constexpr size_t kKeptBatchBytes = 2 * kMaxGroupBytes;

}  // namespace

GroupWriter::GroupWriter(rocksdb::DB* db, std::vector<Partition> partitions, Options options)
    : db_(db), options_(std::move(options)) {
  for (const Partition& partition : partitions) {
    partitions_.push_back(
        {.tail = partition.tail, .sealed = partition.sealed, .next_offset = partition.tail->end()});
  }
  thread_ = std::thread([this] { Run(); });
}

GroupWriter::~GroupWriter() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void GroupWriter::Append(int32_t partition, std::vector<Record> records, absl::Status refused,
                         AppendCallback done) {
  Pending append{.partition = partition,
                 .records = std::move(records),
                 .bytes = sizeof(Pending),
                 .refused = std::move(refused),
                 .done = std::move(done)};
  for (const Record& record : append.records) append.bytes += SizeOf(record) + sizeof(Record);
  std::vector<Record> freed;
  {
    std::lock_guard lock(mutex_);
    if (append.refused.ok() && queued_bytes_ > 0 &&
        queued_bytes_ + append.bytes > options_.max_queued_bytes) {
      append.refused = Error(absl::StatusCode::kUnavailable, "LOG_BUSY",
                             absl::StrCat("more than ", options_.max_queued_bytes,
                                          " bytes wait to be written: try again"));
    }
    if (!append.refused.ok()) {
      freed = std::move(append.records);
      append.bytes = 0;
    }
    queued_bytes_ += append.bytes;
    queue_.push_back(std::move(append));
  }
  wake_.notify_one();
}

void GroupWriter::Run() {
  pthread_setname_np(pthread_self(), "log-writer");
  std::vector<Pending> taken;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      taken.swap(queue_);
    }
    for (size_t begin = 0; begin < taken.size();) {
      size_t end = begin;
      size_t bytes = 0;
      while (end < taken.size() && (end == begin || bytes + taken[end].bytes <= kMaxGroupBytes)) {
        bytes += taken[end++].bytes;
      }
      const std::span<Pending> group = std::span(taken).subspan(begin, end - begin);
      WriteGroup(group, bytes);
      {
        // Before the answers: who waited for one may append at once.
        std::lock_guard lock(mutex_);
        queued_bytes_ -= bytes;
      }
      Answer(group);
      begin = end;
    }
    taken.clear();
  }
}

void GroupWriter::WriteGroup(std::span<Pending> group, size_t bytes) {
  const absl::Status space = bytes == 0 ? absl::OkStatus() : options_.check_space(bytes);
  batch_.Clear();
  for (Pending& append : group) {
    if (append.refused.ok()) append.refused = space;
    if (append.refused.ok()) Stage(&append);
  }
  if (batch_.Count() > 0) {
    rocksdb::WriteOptions options;
    options.sync = true;
    if (const rocksdb::Status status = db_->Write(options, &batch_); !status.ok()) {
      Fatal(absl::StrCat("can't write to the event log in ", db_->GetName(), ": ",
                         status.ToString(),
                         "; see to the disk, then start again: what was acknowledged is there"));
    }
    Publish(group);
  }
  if (batch_.Data().capacity() > kKeptBatchBytes) batch_ = rocksdb::WriteBatch();
}

void GroupWriter::Answer(std::span<Pending> group) {
  for (Pending& append : group) {
    if (append.refused.ok()) {
      append.done(append.first_offset);
    } else {
      append.done(std::move(append.refused));
    }
    append.done = nullptr;
  }
}

void GroupWriter::Stage(Pending* append) {
  WriterPartition& partition = partitions_[static_cast<size_t>(append->partition)];
  if (partition.sealed) {
    append->refused = SealedError(append->partition);
    return;
  }
  append->first_offset = partition.next_offset;
  for (const Record& record : append->records) {
    const std::string key = RowKey(append->partition, partition.next_offset++);
    const std::string head = RowValueHead(record.key);
    const rocksdb::Slice key_slice(key);
    const std::array<rocksdb::Slice, 2> value = {rocksdb::Slice(head),
                                                 rocksdb::Slice(record.value)};
    const rocksdb::Status status = batch_.Put(rocksdb::SliceParts(&key_slice, 1),
                                              rocksdb::SliceParts(value.data(), value.size()));
    CARNET_ASSERT(status.ok());
  }
  const Record& last = append->records.back();
  partition.sealed = IsSeal(last.key, last.value);
}

void GroupWriter::Publish(std::span<Pending> group) {
  for (Pending& append : group) {
    if (!append.refused.ok()) continue;
    TailChunk& staged = partitions_[static_cast<size_t>(append.partition)].staged;
    if (staged.records.empty()) staged.first_offset = append.first_offset;
    for (Record& record : append.records) {
      staged.bytes += SizeOf(record);
      staged.records.push_back(std::move(record));
    }
    append.records.clear();
  }
  for (WriterPartition& partition : partitions_) {
    if (partition.staged.records.empty()) continue;
    partition.tail->Publish(std::exchange(partition.staged, {}));
  }
}

}  // namespace carnet::event_log
