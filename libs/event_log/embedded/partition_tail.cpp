#include "event_log/embedded/partition_tail.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/fatal.h"

namespace carnet::event_log {
namespace {

// Longer waits are cut into pieces of this: a clock that is set must not strand a reader for long.
constexpr absl::Duration kLongestWait = absl::Seconds(10);

// What a record takes besides its bytes.
constexpr size_t kRecordOverhead = sizeof(Record);

}  // namespace

void PartitionTail::Publish(TailChunk chunk) {
  chunk.bytes += chunk.records.size() * kRecordOverhead;
  auto shared = std::make_shared<const TailChunk>(std::move(chunk));
  // Freed after the lock is given back.
  std::vector<std::shared_ptr<const TailChunk>> dropped;
  {
    std::lock_guard lock(mutex_);
    CARNET_ASSERT(shared->first_offset == end_);
    end_ = shared->end_offset();
    bytes_ += shared->bytes;
    chunks_.push_back(std::move(shared));
    while (bytes_ > max_bytes_) {
      bytes_ -= chunks_.front()->bytes;
      dropped.push_back(std::move(chunks_.front()));
      chunks_.pop_front();
    }
  }
  grown_.notify_all();
}

int64_t PartitionTail::end() const {
  std::lock_guard lock(mutex_);
  return end_;
}

PartitionTail::View PartitionTail::WaitBeyond(int64_t position, size_t max_records,
                                              size_t max_bytes, absl::Time deadline, bool* woken) {
  std::unique_lock lock(mutex_);
  View view;
  while (end_ <= position) {
    if (*woken) {
      *woken = false;
      break;
    }
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) break;
    grown_.wait_for(lock, absl::ToChronoNanoseconds(std::min(left, kLongestWait)));
  }
  view.end = end_;
  if (position < end_) AddChunks(position, max_records, max_bytes, &view);
  return view;
}

void PartitionTail::Wake(bool* woken) {
  {
    std::lock_guard lock(mutex_);
    *woken = true;
  }
  grown_.notify_all();
}

void PartitionTail::AddChunks(int64_t position, size_t max_records, size_t max_bytes,
                              View* view) const {
  if (chunks_.empty() || position < chunks_.front()->first_offset) return;
  auto chunk = std::upper_bound(
      chunks_.begin(), chunks_.end(), position,
      [](int64_t offset, const auto& candidate) { return offset < candidate->first_offset; });
  --chunk;
  // The first chunk may hold little after the position: it counts for nothing, so that what is
  // taken is never too little.
  size_t records = 0;
  size_t bytes = 0;
  while (true) {
    view->chunks.push_back(*chunk);
    if (view->chunks.size() > 1) {
      records += (*chunk)->records.size();
      bytes += (*chunk)->bytes;
    }
    if (++chunk == chunks_.end() || records >= max_records || bytes >= max_bytes) break;
  }
}

}  // namespace carnet::event_log
