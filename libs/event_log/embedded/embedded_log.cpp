#include "event_log/embedded/embedded_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/error.h"
#include "base/fatal.h"
#include "event_log/control_records.h"
#include "event_log/embedded/database.h"
#include "event_log/embedded/embedded_cursor.h"
#include "event_log/embedded/group_writer.h"
#include "event_log/embedded/partition_tail.h"
#include "event_log/embedded/row_encoding.h"
#include "event_log/quarantine.h"

namespace carnet::event_log {
namespace {

// A cache line of its own for each would gain nothing: the lock is taken once a batch.
using Tails = std::vector<std::unique_ptr<PartitionTail>>;

class EmbeddedLog final : public EventLog {
 public:
  EmbeddedLog(Identity identity, std::unique_ptr<Database> database, Tails tails,
              std::vector<GroupWriter::Partition> partitions, QuarantineEntries quarantine,
              size_t max_queued_bytes)
      : identity_(identity),
        quarantine_(std::move(quarantine)),
        database_(std::move(database)),
        tails_(std::move(tails)),
        writer_(database_->db(), std::move(partitions),
                {.max_queued_bytes = max_queued_bytes, .check_space = [this](size_t bytes) {
                   return database_->MakeSureOfSpace(bytes);
                 }}) {}

  const Identity& identity() const override { return identity_; }
  std::string_view kind() const override { return "embedded"; }

  void Append(int32_t partition, std::vector<Record> records, AppendCallback done) override {
    absl::Status refused = CheckAppend(identity_, partition, records);
    writer_.Append(partition, std::move(records), std::move(refused), std::move(done));
  }

  absl::StatusOr<std::unique_ptr<Cursor>> Read(int32_t partition, int64_t offset) override {
    const absl::StatusOr<int64_t> end = EndOffset(partition);
    if (!end.ok()) return end.status();
    if (absl::Status status = CheckPosition(partition, offset, 0, *end); !status.ok()) {
      return status;
    }
    return std::make_unique<EmbeddedCursor>(
        database_->db(), tails_[static_cast<size_t>(partition)].get(), partition, offset);
  }

  absl::StatusOr<int64_t> FirstOffset(int32_t partition) override {
    if (absl::Status status = CheckPartition(identity_, partition); !status.ok()) return status;
    return 0;
  }

  absl::StatusOr<int64_t> EndOffset(int32_t partition) override {
    if (absl::Status status = CheckPartition(identity_, partition); !status.ok()) return status;
    return tails_[static_cast<size_t>(partition)]->end();
  }

  absl::Status AddToQuarantine(const log::v1::QuarantineEntry& entry) override {
    if (absl::Status status = CheckQuarantineEntry(identity_, entry); !status.ok()) return status;
    const std::lock_guard lock(quarantine_mutex_);
    if (quarantine_.Has(entry)) return absl::OkStatus();
    rocksdb::WriteOptions options;
    options.sync = true;
    rocksdb::DB* const db = database_->db();
    rocksdb::Status written =
        db->Put(options, database_->quarantine(), QuarantineKey(entry), entry.SerializeAsString());
    // So that this family does not keep the write-ahead log of all others.
    if (written.ok()) written = db->Flush(rocksdb::FlushOptions(), database_->quarantine());
    if (!written.ok()) Fatal(absl::StrCat("event log ", db->GetName(), ": ", written.ToString()));
    quarantine_.Add(entry);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<log::v1::QuarantineEntry>> Quarantined(int32_t partition) override {
    if (absl::Status status = CheckPartition(identity_, partition); !status.ok()) return status;
    const std::lock_guard lock(quarantine_mutex_);
    return quarantine_.Of(partition);
  }

 private:
  const Identity identity_;
  std::mutex quarantine_mutex_;
  QuarantineEntries quarantine_;  // guarded by quarantine_mutex_; all of them
  // In this order: the writer finishes first, then the database closes.
  const std::unique_ptr<Database> database_;
  const Tails tails_;
  GroupWriter writer_;
};

std::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status NotALog(const std::string& path, const std::string& why) {
  return Error(absl::StatusCode::kFailedPrecondition, "NOT_A_LOG",
               absl::StrCat(path, " holds no event log: ", why, "; name another folder"));
}

absl::Status Damaged(const std::string& path, const std::string& why) {
  return Error(
      absl::StatusCode::kDataLoss, "LOG_DAMAGED",
      absl::StrCat("the event log in ", path, " is damaged: ", why, "; restore it from a backup"));
}

// What `partition`'s manifest says.
absl::StatusOr<Identity> LoadManifest(rocksdb::DB* db, int32_t partition) {
  std::string row;
  const rocksdb::Status status = db->Get(rocksdb::ReadOptions(), RowKey(partition, 0), &row);
  if (status.IsNotFound()) {
    return NotALog(db->GetName(), absl::StrCat("partition ", partition, " has no manifest"));
  }
  if (!status.ok()) return Damaged(db->GetName(), status.ToString());
  std::string_view key;
  std::string_view value;
  if (!ParseRowValue(row, &key, &value)) return NotALog(db->GetName(), "no record at offset 0");
  return ReadManifest(key, value, partition);
}

absl::StatusOr<Identity> LoadIdentity(rocksdb::DB* db) {
  absl::StatusOr<Identity> first = LoadManifest(db, 0);
  if (!first.ok()) return first;
  for (int32_t partition = 1; partition < first->partition_count; ++partition) {
    const absl::StatusOr<Identity> other = LoadManifest(db, partition);
    if (!other.ok()) return other;
    if (*other != *first) {
      return NotALog(db->GetName(),
                     absl::StrCat("partition ", partition, " belongs to another log"));
    }
  }
  return first;
}

struct LastRecord {
  int64_t offset = 0;
  bool is_seal = false;
};

absl::StatusOr<LastRecord> LoadLast(rocksdb::DB* db, int32_t partition) {
  const std::unique_ptr<rocksdb::Iterator> rows(db->NewIterator(rocksdb::ReadOptions()));
  rows->SeekForPrev(RowKey(partition + 1, 0));
  if (!rows->status().ok()) return Damaged(db->GetName(), rows->status().ToString());
  LastRecord last;
  int32_t found_partition = 0;
  std::string_view key;
  std::string_view value;
  // The manifest was read before: there is a last record.
  if (rows->Valid() && ParseRowKey(View(rows->key()), &found_partition, &last.offset) &&
      found_partition == partition + 1) {
    rows->Prev();  // SeekForPrev() stops at its target where that exists: offset 0 of the next one.
  }
  if (!rows->status().ok()) return Damaged(db->GetName(), rows->status().ToString());
  if (!rows->Valid() || !ParseRowKey(View(rows->key()), &found_partition, &last.offset) ||
      found_partition != partition || !ParseRowValue(View(rows->value()), &key, &value)) {
    return Damaged(db->GetName(), absl::StrCat("partition ", partition, " has no last record"));
  }
  last.is_seal = IsSeal(key, value);
  return last;
}

absl::StatusOr<QuarantineEntries> LoadQuarantine(Database* database, const Identity& identity) {
  QuarantineEntries entries(identity);
  rocksdb::DB* const db = database->db();
  const std::unique_ptr<rocksdb::Iterator> rows(
      db->NewIterator(rocksdb::ReadOptions(), database->quarantine()));
  for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
    entries.Add(View(rows->key()), View(rows->value()));
  }
  if (!rows->status().ok()) return Damaged(db->GetName(), rows->status().ToString());
  return entries;
}

bool IsEmpty(rocksdb::DB* db) {
  const std::unique_ptr<rocksdb::Iterator> rows(db->NewIterator(rocksdb::ReadOptions()));
  rows->SeekToFirst();
  return !rows->Valid() && rows->status().ok();
}

absl::Status CheckCount(int32_t partition_count) {
  if (partition_count >= 1 && partition_count <= kMaxPartitions) return absl::OkStatus();
  return Error(
      absl::StatusCode::kInvalidArgument, "PARTITION_COUNT",
      absl::StrCat("a log has 1 to ", kMaxPartitions, " partitions, not ", partition_count));
}

void WriteManifests(rocksdb::DB* db, const Identity& identity) {
  rocksdb::WriteBatch batch;
  const int64_t now = absl::ToUnixMicros(absl::Now());
  for (int32_t partition = 0; partition < identity.partition_count; ++partition) {
    const Record manifest = MakeManifest(identity, partition, now);
    CARNET_ASSERT(
        batch.Put(RowKey(partition, 0), RowValueHead(manifest.key) + manifest.value).ok());
  }
  rocksdb::WriteOptions options;
  options.sync = true;
  if (const rocksdb::Status status = db->Write(options, &batch); !status.ok()) {
    Fatal(absl::StrCat("can't make the event log in ", db->GetName(), ": ", status.ToString()));
  }
}

// Makes the log's own folder outlast a power loss.
void SyncFolderAbove(const std::string& path) {
  const std::filesystem::path above = std::filesystem::absolute(path).parent_path();
  const int folder = open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;  // Not ours to read: then its owner made the folder, and long ago.
  if (fsync(folder) != 0) Fatal(absl::StrCat("can't sync ", above.string()));
  close(folder);
}

}  // namespace

absl::StatusOr<Identity> InitEmbeddedLog(const std::string& path, int32_t partition_count,
                                         const EmbeddedLogOptions& options) {
  if (absl::Status status = CheckCount(partition_count); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<Database>> database =
      Database::Open(path, options, /*create=*/true);
  if (!database.ok()) return database.status();
  rocksdb::DB* db = (*database)->db();
  if (IsEmpty(db)) {
    SyncFolderAbove(path);
    WriteManifests(db, {.log_id = Uuid::Random(), .partition_count = partition_count});
  }
  absl::StatusOr<Identity> identity = LoadIdentity(db);
  if (identity.ok() && identity->partition_count != partition_count) {
    return Error(absl::StatusCode::kFailedPrecondition, "PARTITION_COUNT",
                 absl::StrCat("the event log in ", path, " has ", identity->partition_count,
                              " partitions, not ", partition_count,
                              ": that never changes; `carnet log copy` makes another log of it"));
  }
  return identity;
}

absl::StatusOr<std::unique_ptr<EventLog>> OpenEmbeddedLog(const std::string& path,
                                                          const EmbeddedLogOptions& options) {
  absl::StatusOr<std::unique_ptr<Database>> database =
      Database::Open(path, options, /*create=*/false);
  if (!database.ok()) return database.status();
  if (IsEmpty((*database)->db())) {
    return Error(absl::StatusCode::kNotFound, "LOG_MISSING",
                 absl::StrCat("there is no event log in ", path,
                              " yet: whoever began to make it did not come to its end"));
  }
  const absl::StatusOr<Identity> identity = LoadIdentity((*database)->db());
  if (!identity.ok()) return identity.status();

  Tails tails;
  std::vector<GroupWriter::Partition> partitions;
  const size_t tail_bytes = options.tail_bytes / static_cast<size_t>(identity->partition_count);
  for (int32_t partition = 0; partition < identity->partition_count; ++partition) {
    const absl::StatusOr<LastRecord> last = LoadLast((*database)->db(), partition);
    if (!last.ok()) return last.status();
    tails.push_back(std::make_unique<PartitionTail>(last->offset + 1, tail_bytes));
    partitions.push_back({.tail = tails.back().get(), .sealed = last->is_seal});
  }
  auto quarantine = LoadQuarantine(database->get(), *identity);
  if (!quarantine.ok()) return quarantine.status();
  return std::make_unique<EmbeddedLog>(*identity, *std::move(database), std::move(tails),
                                       std::move(partitions), *std::move(quarantine),
                                       options.max_queued_bytes);
}

}  // namespace carnet::event_log
