// What SharedResources holds. For this folder only.
#pragma once

#include <memory>

namespace rocksdb {
class Cache;
class Env;
class RateLimiter;
class WriteBufferManager;
}  // namespace rocksdb

namespace carnet::view_store {

class SharedResources {
 public:
  // Before what uses it: destroyed last.
  std::shared_ptr<rocksdb::Env> env;
  std::shared_ptr<rocksdb::Cache> block_cache;
  std::shared_ptr<rocksdb::WriteBufferManager> memtables;
  std::shared_ptr<rocksdb::RateLimiter> rate_limiter;
};

}  // namespace carnet::view_store
