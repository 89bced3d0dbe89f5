// The RocksDB under the embedded log: how it is tuned, and what its errors mean.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "event_log/embedded/embedded_log.h"
#include "rocksdb/db.h"
#include "rocksdb/sst_file_manager.h"

namespace carnet::event_log {

// An open RocksDB and the room around it.
class Database {
 public:
  // Opens what stands in `path`, or makes it. Checks free space and rights first. Errors: see
  // OpenEmbeddedLog().
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path,
                                                        const EmbeddedLogOptions& options,
                                                        bool create);

  // The log's rows stand in the default family.
  rocksdb::DB* db() { return db_.get(); }
  // Rows of quarantine.h.
  rocksdb::ColumnFamilyHandle* quarantine() { return quarantine_.get(); }

  // Before a group of `bytes` is written: UNAVAILABLE(DISK_FULL) if it would eat into the reserve.
  // Lets RocksDB merge files only while there is room for the largest merge. Used by one thread.
  absl::Status MakeSureOfSpace(size_t bytes);

 private:
  Database() = default;

  std::string path_;
  uint64_t reserved_free_bytes_ = 0;
  bool merging_ = true;
  // Knows the size of all files.
  std::shared_ptr<rocksdb::SstFileManager> files_;
  // Below db_, which uses it to the end.
  std::shared_ptr<rocksdb::Env> env_;
  std::unique_ptr<rocksdb::DB> db_;
  // Go before the database.
  using Handle = std::shared_ptr<rocksdb::ColumnFamilyHandle>;
  Handle default_;
  Handle quarantine_;
};

}  // namespace carnet::event_log
