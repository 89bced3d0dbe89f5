#include <algorithm>
#include <array>
#include <mutex>

#include "absl/strings/str_cat.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/fatal.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/options.h"
#include "rocksdb/write_batch.h"
#include "view_store/files.h"
#include "view_store/reserve.h"
#include "view_store/rocks_options.h"
#include "view_store/rocks_snapshot.h"
#include "view_store/shared_resources.h"
#include "view_store/view_store.h"
#include "view_store/wal_order.h"

namespace carnet::view_store {
namespace {

using carnet::log::v1::PositionRow;

// Of keys, values and families. Older views are not read: they are made again from the log, which
// is the only truth.
constexpr char kFormatFile[] = "FORMAT";
// In the partition's own family: up to where erasures are out of the files.
constexpr char kScrubbedKey[] = "scrubbed";
constexpr char kFormat[] = "carnet view format 1\n";

class RocksViewStore final : public ViewStore {
 public:
  RocksViewStore(std::shared_ptr<Database> database, PositionRow position)
      : database_(std::move(database)),
        position_(std::move(position)),
        snapshot_(std::make_shared<RocksSnapshot>(database_, position_.offset())) {}

  const PositionRow& position() const override { return position_; }

  void Write(const domain::Overlay& batch, const std::vector<UntrustedRecord>& untrusted,
             const PositionRow& position) override;

  std::shared_ptr<const Snapshot> snapshot() const override {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }

  void Flush() override {
    std::vector<rocksdb::ColumnFamilyHandle*> all(database_->families.begin(),
                                                  database_->families.end());
    all.push_back(database_->partition);
    CheckWritten(database_->db->Flush(rocksdb::FlushOptions(), all));
  }

  bool Scrub(uint64_t mark) override;
  uint64_t scrubbed() const override {
    std::string value;
    const rocksdb::Status read =
        database_->db->Get(rocksdb::ReadOptions(), database_->partition, kScrubbedKey, &value);
    return read.ok() && value.size() == 8 ? ReadBigEndian64(value) : 0;
  }

  void ForEachRow(const std::function<void(domain::Family, std::string_view key,
                                           std::string_view value)>& visit) const override {
    const RocksSnapshot now(database_, position_.offset());
    for (size_t i = 0; i < domain::kFamilyCount; ++i) {
      const auto family = static_cast<domain::Family>(i);
      now.ScanAll(family, [&](std::string_view key, std::string_view value) {
        visit(family, key, value);
        return true;
      });
    }
  }

  uint64_t table_bytes() const override {
    return Property(rocksdb::DB::Properties::kTotalSstFilesSize);
  }
  uint64_t memtable_bytes() const override {
    return Property(rocksdb::DB::Properties::kSizeAllMemTables);
  }

 private:
  void CheckWritten(const rocksdb::Status& status) const {
    if (status.ok()) return;
    Fatal(absl::StrCat("the views in ", database_->path, " can't be written: ", status.ToString(),
                       ". Make room or repair the disk, then start again: nothing is lost"));
  }

  uint64_t Property(const std::string& name) const {
    uint64_t value = 0;
    database_->db->GetAggregatedIntProperty(name, &value);
    return value;
  }

  // Constant after open.
  const std::shared_ptr<Database> database_;

  // The writer thread's own.
  PositionRow position_;
  struct Row {
    const std::string* key;
    const std::optional<std::string>* value;
  };
  std::array<std::vector<Row>, domain::kFamilyCount> rows_;  // of the batch being written
  rocksdb::WriteBatch write_batch_;

  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;  // guarded by mutex_
};

void RocksViewStore::Write(const domain::Overlay& batch,
                           const std::vector<UntrustedRecord>& untrusted,
                           const PositionRow& position) {
  for (std::vector<Row>& rows : rows_) rows.clear();
  batch.ForEachWrite(
      [&](domain::Family family, const std::string& key, const std::optional<std::string>& value) {
        rows_[static_cast<size_t>(family)].push_back({&key, &value});
      });
  write_batch_.Clear();
  for (size_t i = 0; i < domain::kFamilyCount; ++i) {
    rocksdb::ColumnFamilyHandle* handle = database_->families[i];
    std::vector<Row>& rows = rows_[i];
    if (KeepsOrder(static_cast<domain::Family>(i))) {
      std::sort(rows.begin(), rows.end(),
                [](const Row& a, const Row& b) { return *a.key < *b.key; });
    }
    for (const auto& [key, value] : rows) {
      CheckWritten(*value ? write_batch_.Put(handle, *key, **value)
                          : write_batch_.Delete(handle, *key));
    }
  }
  for (const UntrustedRecord& record : untrusted) {
    CheckWritten(write_batch_.Put(database_->partition, UntrustedKey(record.offset),
                                  record.row.SerializeAsString()));
  }
  CheckWritten(write_batch_.Put(database_->partition, kPositionKey, position.SerializeAsString()));

  rocksdb::WriteOptions options;
  // kill -9 loses nothing; after a power failure the log refills what is missing.
  options.sync = false;
  CheckWritten(database_->db->Write(options, &write_batch_));

  position_ = position;
  auto now = std::make_shared<RocksSnapshot>(database_, position.offset());
  std::shared_ptr<const Snapshot> before = std::move(now);
  {
    const std::lock_guard lock(mutex_);
    snapshot_.swap(before);
  }
  // `before` is released here, outside the mutex, unless a reader still holds it.
}

// Families in which tokens of somebody's values stand, in keys or rows.
constexpr domain::Family kTelling[] = {domain::Family::kRecords,     domain::Family::kIdentifiers,
                                       domain::Family::kHistory,     domain::Family::kConsents,
                                       domain::Family::kRelations,   domain::Family::kIdentity,
                                       domain::Family::kSharedValues};

bool RocksViewStore::Scrub(uint64_t mark) {
  rocksdb::DB* const db = database_->db.get();
  // A compaction keeps what a snapshot still sees. This is the store's own; one that is older
  // belongs to a read.
  const uint64_t own = static_cast<const RocksSnapshot&>(*snapshot()).sequence();
  // The write-ahead log holds rows, too: it goes when all families are in files.
  Flush();
  rocksdb::CompactRangeOptions rewrite;
  rewrite.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  rewrite.exclusive_manual_compaction = false;
  uint64_t oldest = 0;
  db->GetIntProperty(rocksdb::DB::Properties::kOldestSnapshotSequence, &oldest);
  for (const domain::Family family : kTelling)
    CheckWritten(db->CompactRange(rewrite, database_->family(family), nullptr, nullptr));
  if (oldest != 0 && oldest < own) return false;
  std::string bytes;
  AppendBigEndian64(mark, &bytes);
  CheckWritten(db->Put(rocksdb::WriteOptions(), database_->partition, kScrubbedKey, bytes));
  return true;
}

absl::Status CheckFormat(const std::string& path) {
  const auto format = ReadFile(path + "/" + kFormatFile);
  if (format == kFormat) return absl::OkStatus();
  if (!format && !ReadFile(path + "/CURRENT"))
    return WriteFileAtomically(path, kFormatFile, kFormat);
  return Error(
      absl::StatusCode::kFailedPrecondition, "VIEW_FORMAT",
      absl::StrCat(
          "the views in ", path,
          " are of another format than this program's: rebuild them (remove ",
          "that folder; they are made again from the log), or start the release that wrote them"));
}

absl::Status OpenError(const std::string& path, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (status.IsIOError() && text.find("LOCK") != std::string::npos) {
    return Error(
        absl::StatusCode::kFailedPrecondition, "VIEWS_IN_USE",
        absl::StrCat("the views in ", path, " are open already, in this process or another one: ",
                     "stop the other carnetd first"));
  }
  if (status.IsNoSpace()) return CannotWrite(path, ENOSPC);
  return Error(
      absl::StatusCode::kDataLoss, "VIEWS_DAMAGED",
      absl::StrCat("the views in ", path, " can't be opened: ", text,
                   ". If the disk is sound, remove that folder: it is made again from the log"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ViewStore>> OpenViewStore(const std::string& path,
                                                         const ViewStoreOptions& options) {
  if (absl::Status status = MakeWritableFolder(path); !status.ok()) return status;
  Reserve reserve(path, options.max_wal_bytes);
  if (absl::Status status = reserve.BeforeOpen(); !status.ok()) return status;
  if (absl::Status status = CheckFormat(path); !status.ok()) return status;
  if (absl::Status status = SyncWalFiles(path); !status.ok()) return status;

  auto database = std::make_shared<Database>();
  database->shared = options.shared != nullptr ? options.shared : MakeSharedResources();
  database->path = path;

  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName,
                           PartitionFamilyOptions(*database->shared));
  for (size_t i = 0; i < domain::kFamilyCount; ++i) {
    const auto family = static_cast<domain::Family>(i);
    descriptors.emplace_back(std::string(domain::FamilyName(family)),
                             FamilyOptions(*database->shared, family));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  rocksdb::DBOptions db_options = DatabaseOptions(*database->shared, options.max_wal_bytes);
  WalOrder wal_order;
  db_options.listeners.push_back(wal_order.listener());
  const rocksdb::Status opened = rocksdb::DB::Open(db_options, path, descriptors, &handles, &db);
  if (!opened.ok()) return OpenError(path, opened);
  wal_order.Attach(db);
  database->db.reset(db);
  database->partition = handles[0];
  std::copy(handles.begin() + 1, handles.end(), database->families.begin());

  // Below here an error closes the database again; it holds what it held.
  if (absl::Status status = reserve.AfterOpen(); !status.ok()) return status;

  PositionRow position;
  position.set_last_offset(-1);
  std::string value;
  const rocksdb::Status read =
      db->Get(rocksdb::ReadOptions(), database->partition, kPositionKey, &value);
  if (read.ok() && position.ParseFromString(value)) {
    // As stored.
  } else if (!read.IsNotFound()) {
    return OpenError(path, read.ok() ? rocksdb::Status::Corruption("the position's row") : read);
  }
  return std::make_unique<RocksViewStore>(std::move(database), std::move(position));
}

}  // namespace carnet::view_store
