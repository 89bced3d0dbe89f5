#include "projection/batch_writer.h"

#include <pthread.h>

#include <utility>

#include "base/fatal.h"

namespace carnet::projection {

void FoldedBatch::Clear() {
  rows.Clear();
  untrusted.clear();
  position.Clear();
}

BatchWriter::BatchWriter(view_store::ViewStore* store,
                         std::function<void(const FoldedBatch&)> written)
    : store_(store), written_(std::move(written)) {}

BatchWriter::~BatchWriter() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void BatchWriter::Write(const FoldedBatch& batch) {
  Wait();
  store_->Write(batch.rows, batch.untrusted, batch.position);
  if (written_) written_(batch);
}

void BatchWriter::Begin(const FoldedBatch& batch, FoldedBatch* retired) {
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  {
    const std::lock_guard lock(mutex_);
    CARNET_ASSERT(batch_ == nullptr);
    batch_ = &batch;
    retired_ = retired;
  }
  changed_.notify_all();
}

void BatchWriter::Wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return batch_ == nullptr; });
}

void BatchWriter::Run() {
  pthread_setname_np(pthread_self(), "view-writer");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || batch_ != nullptr; });
    if (batch_ == nullptr) return;
    lock.unlock();
    store_->Write(batch_->rows, batch_->untrusted, batch_->position);
    if (written_) written_(*batch_);
    retired_->Clear();
    lock.lock();
    batch_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace carnet::projection
