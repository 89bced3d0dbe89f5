#include "view_store/wal_order.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>

#include "absl/strings/str_cat.h"

#include "base/fatal.h"
#include "rocksdb/db.h"
#include "rocksdb/listener.h"
#include "view_store/files.h"

namespace carnet::view_store {

class WalOrder::Listener : public rocksdb::EventListener {
 public:
  // Called by the thread that writes, between the last row of the old file and the first of the
  // new one; RocksDB's mutex is not held.
  void OnMemTableSealed(const rocksdb::MemTableInfo&) override {
    rocksdb::DB* const db = db_.load();
    if (db == nullptr) return;
    const rocksdb::Status synced = db->SyncWAL();
    if (synced.ok()) return;
    Fatal(absl::StrCat("the views can't be synced: ", synced.ToString(),
                       ". Repair the disk, then start again: nothing is lost"));
  }

  void Attach(rocksdb::DB* db) { db_ = db; }

 private:
  std::atomic<rocksdb::DB*> db_ = nullptr;
};

WalOrder::WalOrder() : listener_(std::make_shared<Listener>()) {}

std::shared_ptr<rocksdb::EventListener> WalOrder::listener() const { return listener_; }

void WalOrder::Attach(rocksdb::DB* db) { listener_->Attach(db); }

absl::Status SyncWalFiles(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".log") continue;
    const int fd = open(entry.path().c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) return CannotWrite(entry.path(), errno);
    const int failed = fdatasync(fd) == 0 ? 0 : errno;
    close(fd);
    if (failed != 0) return CannotWrite(entry.path(), failed);
  }
  return error ? CannotWrite(folder, error.value()) : absl::OkStatus();
}

}  // namespace carnet::view_store
