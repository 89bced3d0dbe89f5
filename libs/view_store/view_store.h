// The views of one partition in one generation: a RocksDB with a column family per family of the
// fold.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "carnet/log/v1/rows.pb.h"
#include "domain/state.h"

namespace rocksdb {
class Env;
}

namespace carnet::view_store {

// A moment of the views: rows and position belong together. Never changes; holds memory and files,
// and keeps the store open (and locked) after the ViewStore itself is gone, so let go of it soon.
// May be read from many threads at once.
class Snapshot : public domain::Reader {
 public:
  // The next offset to fold.
  virtual int64_t position() const = 0;

  // As Reader::Scan, from `start` (which begins with `prefix`) upwards, or from the last key at or
  // below it downwards. Only rows whose keys begin with `prefix` are visited. What `visit` is given
  // is valid during that call only.
  virtual void ScanFrom(domain::Family family, std::string_view prefix, std::string_view start,
                        const Visitor& visit) const = 0;
  virtual void ScanBackFrom(domain::Family family, std::string_view prefix, std::string_view start,
                            const Visitor& visit) const = 0;

  // Verdicts on records whose merchant could not be trusted, newest first, from below
  // `before_offset`.
  using UntrustedVisitor =
      std::function<bool(int64_t offset, const carnet::log::v1::UntrustedRecordRow& row)>;
  virtual void ScanUntrusted(int64_t before_offset, const UntrustedVisitor& visit) const = 0;
};

// What a batch adds beside the rows of the fold.
struct UntrustedRecord {
  int64_t offset;
  carnet::log::v1::UntrustedRecordRow row;
};

// One writer at a time; snapshots from any thread. A failed write ends the process (Fatal): the log
// refills the views.
//
// A batch is one RocksDB WriteBatch with all rows and the position; WAL on, not synced. After kill
// -9 nothing is lost, after a power failure a prefix of the batches is there, in all families
// alike.
class ViewStore {
 public:
  virtual ~ViewStore() = default;

  // As stored last; offset 0 and no log id in a new store.
  virtual const carnet::log::v1::PositionRow& position() const = 0;

  virtual void Write(const domain::Overlay& batch, const std::vector<UntrustedRecord>& untrusted,
                     const carnet::log::v1::PositionRow& position) = 0;

  // The state after the last Write(). Cheap: made once a batch, shared by all readers.
  virtual std::shared_ptr<const Snapshot> snapshot() const = 0;

  // Writes all memtables to files (all families).
  virtual void Flush() = 0;

  // Rewrites files, so that none holds a row any more that told of somebody and was deleted or
  // replaced before this call, and remembers `mark`. False: a snapshot from before is still held
  // and keeps them alive; to be tried again. Slow, and reads and writes a good part of the store.
  // From any thread, beside the writer.
  virtual bool Scrub(uint64_t mark) = 0;
  // Of the last Scrub() that was done, ever; 0: none.
  virtual uint64_t scrubbed() const = 0;

  // Everything of the compared key space in order: family by family, key by key, the position left
  // out.
  virtual void ForEachRow(const std::function<void(domain::Family, std::string_view key,
                                                   std::string_view value)>& visit) const = 0;

  // Bytes in table files and in memtables of this store, for metrics.
  virtual uint64_t table_bytes() const = 0;
  virtual uint64_t memtable_bytes() const = 0;
};

// What the stores of one process share: block cache, memory for memtables, background threads, the
// rate at which compactions write. Their bounds hold for all stores together. Thread-safe.
class SharedResources;

struct SharedResourcesOptions {
  size_t block_cache_bytes = size_t{96} << 20;
  size_t memtable_bytes = size_t{96} << 20;
  // The file system below; nullptr: the machine's. Tests put one here that loses data.
  std::shared_ptr<rocksdb::Env> env;
};

std::shared_ptr<SharedResources> MakeSharedResources(const SharedResourcesOptions& options = {});

struct ViewStoreOptions {
  // nullptr: a store on its own.
  std::shared_ptr<SharedResources> shared;
  // Largest write-ahead log. It bounds how much is read again after a crash (a second reads about
  // 100 MB), and how large the reserve is that is kept on disk so that recovery has room on a full
  // one.
  uint64_t max_wal_bytes = uint64_t{64} << 20;
};

// Opens the store in folder `path`, or makes one there. Errors, nothing changed on disk:
//   UNAVAILABLE(DISK_FULL)                    too little room to recover and to go on.
//   FAILED_PRECONDITION(FOLDER_NOT_WRITABLE)  read-only, or not ours.
//   FAILED_PRECONDITION(VIEWS_IN_USE)         open already, here or in another process.
//   FAILED_PRECONDITION(VIEW_FORMAT)          views of another format: to be rebuilt from the log.
//   DATA_LOSS(VIEWS_DAMAGED)                  RocksDB can't read them: to be rebuilt from the log.
absl::StatusOr<std::unique_ptr<ViewStore>> OpenViewStore(const std::string& path,
                                                         const ViewStoreOptions& options = {});

}  // namespace carnet::view_store
