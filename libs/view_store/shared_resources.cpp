#include "view_store/shared_resources.h"

#include "rocksdb/cache.h"
#include "rocksdb/env.h"
#include "rocksdb/rate_limiter.h"
#include "rocksdb/write_buffer_manager.h"
#include "view_store/view_store.h"

namespace carnet::view_store {
namespace {

// Flushes and compactions may not starve the log's fsyncs and the readers of a small disk.
constexpr int64_t kBackgroundBytesPerSecond = int64_t{256} << 20;

}  // namespace

std::shared_ptr<SharedResources> MakeSharedResources(const SharedResourcesOptions& options) {
  auto shared = std::make_shared<SharedResources>();
  shared->env = options.env;
  if (shared->env == nullptr) {
    shared->env = {rocksdb::Env::Default(), [](rocksdb::Env*) {}};  // lives as long as the process
  }
  // One flush and one compaction at a time in the whole process: more would only delay the folds
  // and the reads.
  shared->env->SetBackgroundThreads(1, rocksdb::Env::HIGH);
  shared->env->SetBackgroundThreads(1, rocksdb::Env::LOW);
  shared->block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  shared->memtables = std::make_shared<rocksdb::WriteBufferManager>(options.memtable_bytes);
  shared->rate_limiter.reset(rocksdb::NewGenericRateLimiter(kBackgroundBytesPerSecond));
  return shared;
}

}  // namespace carnet::view_store
