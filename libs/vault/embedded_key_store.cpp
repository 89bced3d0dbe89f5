#include "vault/embedded_key_store.h"

#include <mutex>
#include <utility>

#include "absl/container/flat_hash_map.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/fatal.h"
#include "rocksdb/db.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"
#include "rocksdb/write_batch.h"
#include "vault/box.h"
#include "vault/key_rows.h"

namespace carnet::vault {
namespace {

// There while files may hold keys that were deleted.
constexpr char kScrubRow = 'x';
// For more than these, all files are rewritten at once.
constexpr size_t kFewKeys = 4;

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

class EmbeddedKeyStore final : public DurableKeyStore {
 public:
  EmbeddedKeyStore(std::unique_ptr<rocksdb::DB> db, const Key& root)
      : db_(std::move(db)), root_(root) {}

  // Binds a new store to the root key, or checks that it is the one it was bound to.
  absl::Status Bind() {
    const std::string key(1, kCheckRow);
    ReadErased();
    if (Read(std::string(1, kScrubRow))) Scrub({});
    const std::optional<std::string> check = Read(key);
    if (!check) {
      Write({{key, SealCheck(root_)}});
      return absl::OkStatus();
    }
    return OpensCheck(root_, *check) ? absl::OkStatus() : RootKeyMismatch(db_->GetName());
  }

  absl::StatusOr<std::optional<MerchantKeys>> FindMerchantKeys(std::string_view merchant) override {
    const std::optional<std::string> row = Read(RowKey(kMerchantRow, merchant));
    if (!row) return std::nullopt;
    auto keys = OpenMerchantKeys(root_, merchant, *row);
    if (!keys.ok()) return keys.status();
    return *std::move(keys);
  }

  absl::StatusOr<MerchantKeys> MerchantKeysOrNew(std::string_view merchant) override {
    const std::lock_guard lock(writing_);
    absl::StatusOr<std::optional<MerchantKeys>> found = FindMerchantKeys(merchant);
    if (!found.ok()) return found.status();
    if (found->has_value()) return **std::move(found);
    if (HasRecordKeys(merchant)) return KeyMissing(merchant, "there is no index or hash key");
    MerchantKeys keys{Key::Random(), Key::Random()};
    Write({{RowKey(kMerchantRow, merchant), SealMerchantKeys(root_, merchant, keys)}});
    return keys;
  }

  absl::StatusOr<std::optional<Key>> FindRecordKey(std::string_view merchant,
                                                   const Uuid& key_id) override {
    const std::optional<std::string> row = Read(RowKey(kKeyRow, merchant, key_id.bytes()));
    if (!row) return std::nullopt;
    auto key = OpenRecordKey(root_, merchant, key_id, *row);
    if (!key.ok()) return key.status();
    return *std::move(key);
  }

  absl::Status FindRecordKeysBetween(std::string_view merchant, const Uuid& first, const Uuid& last,
                                     KeyBatch* keys) override {
    const std::string begin = RowKey(kKeyRow, merchant, first.bytes());
    const std::string end = RowKey(kKeyRow, merchant, last.bytes());
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(rocksdb::ReadOptions()));
    for (rows->Seek(begin); rows->Valid() && ToView(rows->key()) <= end; rows->Next()) {
      const std::string_view key_id = ToView(rows->key()).substr(begin.size() - Uuid::kSize);
      const auto id = Uuid::FromBytes(key_id);
      CARNET_ASSERT(id.has_value());  // keys of one merchant and kind are of one length
      auto key = OpenRecordKey(root_, merchant, *id, ToView(rows->value()));
      if (!key.ok()) return key.status();
      keys->emplace(*id, *std::move(key));
    }
    Check(rows->status(), "read");
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<RecordKey>> NewestRecordKey(std::string_view merchant,
                                                           const Uuid& record_id) override {
    const std::optional<std::string> ids = Read(RowKey(kRecordRow, merchant, record_id.bytes()));
    if (!ids || ids->size() < Uuid::kSize) return std::nullopt;
    const std::optional<Uuid> newest =
        Uuid::FromBytes(std::string_view(*ids).substr(ids->size() - Uuid::kSize));
    absl::StatusOr<std::optional<Key>> key = FindRecordKey(merchant, *newest);
    if (!key.ok()) return key.status();
    if (!key->has_value()) return KeyMissing(merchant, "a record key is listed but not there");
    return RecordKey{*newest, **key};
  }

  absl::Status Persist(const NewKeys& keys) override {
    // The list of a record's keys is read and written back, so one at a time.
    const std::lock_guard lock(writing_);
    absl::flat_hash_map<std::string, std::string> lists;
    std::vector<Row> rows;
    rows.reserve(2 * keys.size());
    NonceSequence nonces;
    for (const NewKey& key : keys) {
      std::string list_key = RowKey(kRecordRow, key.merchant, key.record_id.bytes());
      auto list = lists.find(list_key);
      if (list == lists.end()) {
        std::string stored = Read(list_key).value_or(std::string());
        list = lists.emplace(std::move(list_key), std::move(stored)).first;
      }
      if (Contains(list->second, key.key.id) || ErasedAt(key.merchant, key.record_id)) continue;
      list->second.append(key.key.id.bytes());
      rows.push_back({RowKey(kKeyRow, key.merchant, key.key.id.bytes()),
                      SealRecordKey(root_, nonces.Next(), key)});
    }
    if (rows.empty()) return absl::OkStatus();
    for (const auto& [list_key, list] : lists) {
      if (!list.empty()) rows.push_back({list_key, list});
    }
    Write(rows);
    return absl::OkStatus();
  }

  absl::Status Erase(std::string_view merchant, std::span<const Uuid> record_ids,
                     int64_t at_micros) override {
    const std::lock_guard lock(writing_);
    rocksdb::WriteBatch batch;
    std::vector<std::string> gone;
    for (const Uuid& record : record_ids) {
      if (!ErasedAt(merchant, record)) {
        std::string at;
        AppendBigEndian64(static_cast<uint64_t>(at_micros), &at);
        batch.Put(RowKey(kErasedRow, merchant, record.bytes()), at);
      }
      const std::string list_key = RowKey(kRecordRow, merchant, record.bytes());
      const std::optional<std::string> list = Read(list_key);
      if (!list) continue;
      for (size_t at = 0; at + Uuid::kSize <= list->size(); at += Uuid::kSize) {
        gone.push_back(RowKey(kKeyRow, merchant, std::string_view(*list).substr(at, Uuid::kSize)));
        batch.Delete(gone.back());
      }
      batch.Delete(list_key);
    }
    if (batch.Count() == 0) return absl::OkStatus();
    if (!gone.empty()) batch.Put(std::string(1, kScrubRow), "");
    Commit(&batch);
    for (const Uuid& record : record_ids) erased_.Add(merchant, record, at_micros);
    if (!gone.empty()) Scrub(gone);
    return absl::OkStatus();
  }

  absl::Status ForEach(const VisitMerchant& merchant_keys, const VisitRecord& record_key) override {
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(rocksdb::ReadOptions()));
    std::string_view merchant;
    std::string_view id;
    const auto parse = [&](char row) {
      return rows->Valid() && rows->key()[0] == row &&
             ParseRowKey(ToView(rows->key()), &merchant, &id);
    };
    for (rows->Seek(std::string(1, kMerchantRow)); parse(kMerchantRow); rows->Next()) {
      const auto keys = OpenMerchantKeys(root_, merchant, ToView(rows->value()));
      if (!keys.ok()) return keys.status();
      if (absl::Status status = merchant_keys(merchant, *keys); !status.ok()) return status;
    }
    Check(rows->status(), "read");
    for (rows->Seek(std::string(1, kRecordRow)); parse(kRecordRow); rows->Next()) {
      const std::optional<Uuid> record = Uuid::FromBytes(id);
      const std::string_view list = ToView(rows->value());
      for (size_t at = 0; record && at + Uuid::kSize <= list.size(); at += Uuid::kSize) {
        const Uuid key_id = *Uuid::FromBytes(list.substr(at, Uuid::kSize));
        const auto key = FindRecordKey(merchant, key_id);
        if (!key.ok()) return key.status();
        if (!key->has_value()) return KeyMissing(merchant, "a record key is listed but not there");
        if (absl::Status status =
                record_key({std::string(merchant), *record, RecordKey{key_id, **key}});
            !status.ok()) {
          return status;
        }
      }
    }
    Check(rows->status(), "read");
    return absl::OkStatus();
  }

  absl::Status PersistMerchantKeys(std::string_view merchant, const MerchantKeys& keys) override {
    const std::lock_guard lock(writing_);
    const auto found = FindMerchantKeys(merchant);
    if (!found.ok()) return found.status();
    if (!found->has_value()) {
      Write({{RowKey(kMerchantRow, merchant), SealMerchantKeys(root_, merchant, keys)}});
      return absl::OkStatus();
    }
    return (*found)->index == keys.index && (*found)->hash == keys.hash ? absl::OkStatus()
                                                                        : KeysDiffer(merchant);
  }

 private:
  struct Row {
    std::string key;
    std::string value;
  };

  static bool Contains(std::string_view list, const Uuid& id) {
    for (size_t at = 0; at + Uuid::kSize <= list.size(); at += Uuid::kSize) {
      if (list.substr(at, Uuid::kSize) == id.bytes()) return true;
    }
    return false;
  }

  // After a failed write nobody knows what the disk holds, and a key thought durable that is not
  // loses data.
  void Check(const rocksdb::Status& status, const char* what) const {
    if (status.ok()) return;
    Fatal("key store " + db_->GetName() + ": " + what + " failed: " + status.ToString() +
          "; check the disk and its free space, then start again");
  }

  // A deletion only hides a row. The flush retires the write-ahead log that holds it, compaction
  // rewrites the files. `gone`: the keys of the rows; none: of whoever was killed in between.
  void Scrub(const std::vector<std::string>& gone) {
    Check(db_->Flush(rocksdb::FlushOptions()), "flush");
    rocksdb::CompactRangeOptions rewrite;
    rewrite.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    const bool few = !gone.empty() && gone.size() <= kFewKeys;
    if (!few) Check(db_->CompactRange(rewrite, nullptr, nullptr), "compaction");
    for (size_t i = 0; few && i < gone.size(); ++i) {
      const rocksdb::Slice slice(gone[i]);
      Check(db_->CompactRange(rewrite, &slice, &slice), "compaction");
    }
    rocksdb::WriteBatch done;
    done.Delete(std::string(1, kScrubRow));
    Commit(&done);
  }

  void ReadErased() {
    const std::string first(1, kErasedRow);
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(rocksdb::ReadOptions()));
    for (rows->Seek(first); rows->Valid() && rows->key().starts_with(first); rows->Next()) {
      const std::string_view key(rows->key().data(), rows->key().size());
      std::string_view merchant;
      std::string_view id;
      if (!ParseRowKey(key, &merchant, &id)) continue;
      const auto record = Uuid::FromBytes(id);
      const std::string_view at(rows->value().data(), rows->value().size());
      if (record && at.size() == 8)
        erased_.Add(merchant, *record, static_cast<int64_t>(ReadBigEndian64(at)));
    }
    Check(rows->status(), "read");
  }

  std::optional<std::string> Read(std::string_view key) const {
    std::string value;
    const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), ToSlice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    Check(status, "read");
    return value;
  }

  void Write(const std::vector<Row>& rows) {
    if (rows.empty()) return;
    rocksdb::WriteBatch batch;
    for (const Row& row : rows) batch.Put(row.key, row.value);
    Commit(&batch);
  }

  void Commit(rocksdb::WriteBatch* batch) {
    rocksdb::WriteOptions options;
    options.sync = true;
    Check(db_->Write(options, batch), "write");
  }

  bool HasRecordKeys(std::string_view merchant) const {
    const std::string prefix = RowKey(kKeyRow, merchant);
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(rocksdb::ReadOptions()));
    rows->Seek(prefix);
    Check(rows->status(), "read");
    return rows->Valid() && rows->key().starts_with(prefix);
  }

  const std::unique_ptr<rocksdb::DB> db_;
  const Key root_;
  std::mutex writing_;  // one read-modify-write at a time
};

rocksdb::Options StoreOptions() {
  rocksdb::Options options;
  // Small rows, read one by one after a cache missed: a filter spares most reads for ids that are
  // new.
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.block_cache = rocksdb::NewLRUCache(4 << 20);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = 4 << 20;
  options.arena_block_size = 64 << 10;
  options.memtable_prefix_bloom_size_ratio = 0.1;
  options.memtable_whole_key_filtering = true;
  // Keys are random bytes.
  options.compression = rocksdb::kNoCompression;
  options.max_open_files = 64;
  options.keep_log_file_num = 2;
  options.max_bgerror_resume_count = 0;
  // What was synced must be there; an end torn off by a crash was never acknowledged.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DurableKeyStore>> OpenEmbeddedKeyStore(const std::string& path,
                                                                      const Key& root,
                                                                      bool create) {
  rocksdb::Options options = StoreOptions();
  options.create_if_missing = create;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, path, &opened);
  if (status.IsInvalidArgument() && !create) {
    return Error(absl::StatusCode::kFailedPrecondition, "KEY_STORE_MISSING",
                 "there is no key store in " + path + "; restore it from its backup");
  }
  if (!status.ok()) {
    return Error(absl::StatusCode::kUnavailable, "KEY_STORE_UNREADABLE",
                 "key store " + path + " can't be opened: " + status.ToString());
  }
  auto store = std::make_unique<EmbeddedKeyStore>(std::unique_ptr<rocksdb::DB>(opened), root);
  if (absl::Status bound = store->Bind(); !bound.ok()) return bound;
  return store;
}

}  // namespace carnet::vault
