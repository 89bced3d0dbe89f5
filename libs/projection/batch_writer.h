// Writes one batch while the next is being folded.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "carnet/log/v1/rows.pb.h"
#include "domain/state.h"
#include "view_store/view_store.h"

namespace carnet::projection {

// How many records ended how.
struct OutcomeCounts {
  uint64_t applied = 0;
  uint64_t duplicates = 0;
  uint64_t rejected = 0;
  uint64_t dead_letters = 0;
};

// What one write to the views consists of.
struct FoldedBatch {
  explicit FoldedBatch(const domain::Reader& base) : rows(base) {}
  void Clear();

  domain::Overlay rows;
  std::vector<view_store::UntrustedRecord> untrusted;
  carnet::log::v1::PositionRow position;
  OutcomeCounts counts;  // of all batches up to this one
};

// Has a thread of its own, begun when it is first needed. Used by one thread.
class BatchWriter {
 public:
  // `written` is called after each write, by the thread that wrote.
  BatchWriter(view_store::ViewStore* store, std::function<void(const FoldedBatch&)> written);
  // Waits for the write under way.
  ~BatchWriter();

  // Writes in this thread.
  void Write(const FoldedBatch& batch);

  // Writes in the other thread, then clears `retired`, of which nobody wants anything more: to free
  // a batch takes a good part of the time that it takes to fold one. Until Wait() returns, `batch`
  // must stay as it is, and `retired` and the store are the other thread's.
  void Begin(const FoldedBatch& batch, FoldedBatch* retired);

  // Until nothing is being written or cleared.
  void Wait();

 private:
  void Run();

  view_store::ViewStore* const store_;
  const std::function<void(const FoldedBatch&)> written_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  const FoldedBatch* batch_ = nullptr;  // being written
  FoldedBatch* retired_ = nullptr;
  bool stop_ = false;

  std::thread thread_;
};

}  // namespace carnet::projection
