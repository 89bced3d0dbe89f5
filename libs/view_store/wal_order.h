// Keeps the write-ahead log of the views a prefix when the power fails. For this folder only.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"

namespace rocksdb {
class DB;
class EventListener;
}  // namespace rocksdb

namespace carnet::view_store {

// With every memtable that is full RocksDB begins a new file of its log, and syncs the one before
// only when it flushes that memtable, in its own time. Until then a disk that loses power may keep
// what stands in the new file and lose the end of the old one; RocksDB would replay both and not
// notice the hole. So nothing is written to a new file before the old one is synced: once in
// megabytes.
class WalOrder {
 public:
  WalOrder();

  // For DBOptions::listeners.
  std::shared_ptr<rocksdb::EventListener> listener() const;

  // As soon as the database is open, before anything is written.
  void Attach(rocksdb::DB* db);

 private:
  class Listener;
  const std::shared_ptr<Listener> listener_;
};

// Before a database is opened: syncs the log files of a process before. It may have been killed, so
// that they are whole, but not on the disk yet; what is written from now on must not outlive them.
absl::Status SyncWalFiles(const std::string& folder);

}  // namespace carnet::view_store
