#include "event_log/embedded/database.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "base/fatal.h"
#include "event_log/embedded/free_space.h"
#include "event_log/embedded/row_encoding.h"
#include "rocksdb/cache.h"
#include "rocksdb/convenience.h"
#include "rocksdb/listener.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"

namespace carnet::event_log {
namespace {

// After a failed flush or merge nobody knows what stands in the files: the process ends, and the
// next start recovers from the write-ahead log.
class EndOnBackgroundError final : public rocksdb::EventListener {
 public:
  explicit EndOnBackgroundError(std::string path) : path_(std::move(path)) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    Fatal(absl::StrCat("the event log in ", path_, " can't be kept: ", status->ToString(),
                       "; see to the disk, then start again: what was acknowledged is there"));
  }

 private:
  const std::string path_;
};

rocksdb::BlockBasedTableOptions TableOptions() {
  // Read from beginning to end, rarely: big blocks, no bloom filter, a cache for little more than
  // the indexes.
  rocksdb::BlockBasedTableOptions table;
  table.block_size = size_t{32} << 10;
  table.block_cache = rocksdb::NewLRUCache(size_t{2} << 20, /*num_shard_bits=*/0);
  table.cache_index_and_filter_blocks = true;
  table.format_version = 5;
  return table;
}

// RocksDB names what it was built with.
bool HasLz4() {
  for (const rocksdb::CompressionType type : rocksdb::GetSupportedCompressions()) {
    if (type == rocksdb::kLZ4Compression) return true;
  }
  return false;
}

rocksdb::Options TuneForLog(const std::string& path, const EmbeddedLogOptions& options) {
  rocksdb::Options tuned;
  if (options.env != nullptr) tuned.env = options.env.get();

  // Recovery. A torn last record is what a crash leaves; damage anywhere else must not be passed
  // over. What is recovered is flushed before the log opens (the default, kept on purpose): after
  // kill -9 the write-ahead log may end with records that were never synced, and no record may be
  // readable before it is durable.
  tuned.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  tuned.avoid_flush_during_recovery = false;
  tuned.recycle_log_file_num = 0;
  tuned.max_bgerror_resume_count = 0;
  tuned.listeners.push_back(std::make_shared<EndOnBackgroundError>(path));

  // Writing: one thread, keys that ascend within a partition, memory and recovery bounded by three
  // buffers.
  tuned.write_buffer_size = options.write_buffer_bytes;
  tuned.max_write_buffer_number = 3;
  tuned.allow_concurrent_memtable_write = false;
  tuned.memtable_insert_with_hint_prefix_extractor.reset(
      rocksdb::NewFixedPrefixTransform(kRowPartitionBytes));
  tuned.bytes_per_sync = uint64_t{1} << 20;

  // Files. Nothing is ever deleted or overwritten, so merging only keeps the number of files that a
  // reader walks through small. With one partition files are never merged but moved; with several
  // each row is rewritten about once for every factor of 16 that the log grows.
  tuned.compaction_style = rocksdb::kCompactionStyleUniversal;
  tuned.compaction_options_universal.allow_trivial_move = true;
  tuned.compaction_options_universal.max_size_amplification_percent = 1'000'000'000;
  tuned.level0_file_num_compaction_trigger = 16;
  // An append never waits for a merge.
  tuned.level0_slowdown_writes_trigger = 1 << 30;
  tuned.level0_stop_writes_trigger = 1 << 30;
  tuned.soft_pending_compaction_bytes_limit = 0;
  tuned.hard_pending_compaction_bytes_limit = 0;
  tuned.target_file_size_base = uint64_t{256} << 20;
  tuned.compression = HasLz4() ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  tuned.max_background_jobs = 2;
  tuned.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions()));

  // The rest: few open files, a short diary, no statistics of its own.
  tuned.max_open_files = 256;
  tuned.skip_stats_update_on_db_open = true;
  tuned.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  tuned.keep_log_file_num = 4;
  tuned.max_log_file_size = size_t{1} << 20;
  tuned.stats_dump_period_sec = 0;
  tuned.stats_persist_period_sec = 0;
  return tuned;
}

absl::Status NotWritable(const std::string& path, int error) {
  return Error(absl::StatusCode::kFailedPrecondition, "LOG_NOT_WRITABLE",
               absl::StrCat("can't write to the event log's folder ", path, ": ", strerror(error),
                            "; give the user of this process the right to write there"));
}

// The folder is there and takes files.
absl::Status PrepareFolder(const std::string& path, bool create) {
  if (create && mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    const int error = errno;

    return NotWritable(path, error);
  }
  const std::string current = path + "/CURRENT";
  struct stat found;
  if (!create && stat(current.c_str(), &found) != 0 && errno == ENOENT) {
    return Error(absl::StatusCode::kNotFound, "LOG_MISSING",
                 absl::StrCat("there is no event log in ", path,
                              ": make one with `carnet log init`, or name another folder"));
  }
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0) return NotWritable(path, errno);
  return absl::OkStatus();
}

// Of all files, as far as they can be seen.
uint64_t BytesIn(const std::string& path) {
  uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator file(path, error), end; !error && file != end;
       file.increment(error)) {
    std::error_code gone;
    const uint64_t size = file->file_size(gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

absl::Status Explain(const std::string& path, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (status.IsIOError() && absl::StrContains(text, "/LOCK")) {
    return Error(absl::StatusCode::kFailedPrecondition, "LOG_LOCKED",
                 absl::StrCat("the event log in ", path,
                              " is open already: only one process may use it; stop the other one (",
                              text, ")"));
  }
  return Error(absl::StatusCode::kDataLoss, "LOG_DAMAGED",
               absl::StrCat("the event log in ", path, " can't be opened: ", text,
                            "; see to the disk, or restore the log from a backup"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& path,
                                                         const EmbeddedLogOptions& options,
                                                         bool create) {
  if (absl::Status status = PrepareFolder(path, create); !status.ok()) return status;
  if (absl::Status status =
          CheckFreeBytes(path, options.min_free_bytes_to_open, "open the event log");
      !status.ok()) {
    return status;
  }
  std::unique_ptr<Database> database(new Database);
  database->path_ = path;
  database->reserved_free_bytes_ = options.reserved_free_bytes;
  database->env_ = options.env;

  rocksdb::Options tuned = TuneForLog(path, options);
  tuned.create_if_missing = create;
  database->files_.reset(rocksdb::NewSstFileManager(tuned.env));
  tuned.sst_file_manager = database->files_;
  const absl::StatusOr<uint64_t> free = FreeBytes(path);
  if (!free.ok()) return free.status();
  database->merging_ = *free >= options.reserved_free_bytes + BytesIn(path);
  tuned.disable_auto_compactions = !database->merging_;

  // A handful of rows at most.
  rocksdb::ColumnFamilyOptions small;
  small.write_buffer_size = size_t{64} << 10;
  small.arena_block_size = size_t{16} << 10;
  tuned.create_missing_column_families = true;
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  if (rocksdb::Status status = rocksdb::DB::Open(
          tuned, path, {{rocksdb::kDefaultColumnFamilyName, tuned}, {"quarantine", small}},
          &handles, &db);
      !status.ok()) {
    return Explain(path, status);
  }
  database->db_.reset(db);
  const auto close = [db](rocksdb::ColumnFamilyHandle* handle) {
    db->DestroyColumnFamilyHandle(handle);
  };
  database->default_ = Handle(handles[0], close);
  database->quarantine_ = Handle(handles[1], close);
  return database;
}

absl::Status Database::MakeSureOfSpace(size_t bytes) {
  const absl::StatusOr<uint64_t> free = FreeBytes(path_);
  if (!free.ok()) return free.status();
  // The largest merge rewrites everything. A little apart, so that it does not flicker.
  const uint64_t for_merging = reserved_free_bytes_ + files_->GetTotalSize();
  const bool merging = *free >= for_merging + (merging_ ? 0 : for_merging / 8);
  if (merging != merging_) {
    const rocksdb::Status status =
        db_->SetOptions({{"disable_auto_compactions", merging ? "false" : "true"}});
    if (!status.ok()) Fatal(absl::StrCat("event log in ", path_, ": ", status.ToString()));
    merging_ = merging;
  }
  // Twice: once in the write-ahead log, once in a file.
  return CheckFreeBytes(path_, reserved_free_bytes_ + 2 * bytes, "append to the event log");
}

}  // namespace carnet::event_log
