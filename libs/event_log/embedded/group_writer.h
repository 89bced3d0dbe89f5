// Appends to the embedded log: one thread that writes, syncs and answers in groups.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "event_log/embedded/partition_tail.h"
#include "event_log/event_log.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"

namespace carnet::event_log {

// One fsync for all that came while the one before was under way: that is what makes a durable
// append cheap. Within a group: write and sync, then publish to readers, then answer, in order.
class GroupWriter {
 public:
  struct Options {
    // Taken in and not answered yet, at most; one append is always taken.
    size_t max_queued_bytes = 0;
    // OK if so many bytes may be written now; otherwise what to answer.
    std::function<absl::Status(size_t bytes)> check_space;
  };

  // One per partition: where readers find it, and whether it ends with a seal.
  struct Partition {
    PartitionTail* tail = nullptr;
    bool sealed = false;
  };

  // `db` and the tails must outlive it.
  GroupWriter(rocksdb::DB* db, std::vector<Partition> partitions, Options options);

  // Writes and answers all that was taken.
  ~GroupWriter();

  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  // `refused`: answer this, in turn, and write nothing.
  void Append(int32_t partition, std::vector<Record> records, absl::Status refused,
              AppendCallback done);

 private:
  struct Pending {
    int32_t partition = 0;
    std::vector<Record> records;
    // What of max_queued_bytes it uses.
    size_t bytes = 0;
    absl::Status refused;
    AppendCallback done;
    int64_t first_offset = 0;
  };

  void Run();
  // Makes those that are not refused durable and readable. `bytes`: of all.
  void WriteGroup(std::span<Pending> group, size_t bytes);
  // Puts one append into batch_, or refuses it.
  void Stage(Pending* append);
  void Publish(std::span<Pending> group);
  void Answer(std::span<Pending> group);

  rocksdb::DB* const db_;
  const Options options_;

  // The writer thread's own.
  struct WriterPartition {
    PartitionTail* tail;
    bool sealed;
    int64_t next_offset;
    TailChunk staged;
  };
  std::vector<WriterPartition> partitions_;
  rocksdb::WriteBatch batch_;

  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  std::vector<Pending> queue_;
  size_t queued_bytes_ = 0;
  bool stopping_ = false;

  // Last, so that all the rest is there when it starts.
  std::thread thread_;
};

}  // namespace carnet::event_log
