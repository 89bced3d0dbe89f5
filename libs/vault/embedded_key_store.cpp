#include "vault/embedded_key_store.h"

#include <mutex>
#include <utility>

#include "absl/container/flat_hash_map.h"

#include "base/error.h"
#include "base/fatal.h"
#include "rocksdb/db.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"
#include "rocksdb/write_batch.h"
#include "vault/box.h"

namespace carnet::vault {
namespace {

// Rows, a persistent format. `m` is the merchant after its length in one byte; boxes are box.h's,
// under the root key; their associated data is a purpose and what the row's key says, so that no
// box can be moved to another row.
//
//   key              value
//   'c'              box("carnet key store 1"), purpose "check": tells whether the root key is the
//   right one 'm' m            box(index key, hash key), purpose "merchant-keys" 'k' m key id
//   record id (16), box(record key), purpose "record-key" 'r' m record id  key ids (16 each), the
//   newest last
constexpr std::string_view kCheckRow = "c";
constexpr std::string_view kCheckText = "carnet key store 1";
constexpr char kMerchantRow = 'm';
constexpr char kKeyRow = 'k';
constexpr char kRecordRow = 'r';

std::string RowKey(char row, std::string_view merchant, std::string_view id = {}) {
  CARNET_ASSERT(merchant.size() <= 63);
  std::string key;
  key.reserve(2 + merchant.size() + id.size());
  key.push_back(row);
  key.push_back(static_cast<char>(merchant.size()));
  key.append(merchant);
  key.append(id);
  return key;
}

std::string CheckPurpose() { return AssociatedData({"check"}); }
std::string MerchantPurpose(std::string_view merchant) {
  return AssociatedData({"merchant-keys", merchant});
}
std::string RecordPurpose(std::string_view merchant, const Uuid& key_id, const Uuid& record_id) {
  return AssociatedData({"record-key", merchant, key_id.bytes(), record_id.bytes()});
}

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

absl::Status KeyMissing(std::string_view merchant, std::string_view what) {
  return Error(absl::StatusCode::kFailedPrecondition, "KEY_MISSING",
               std::string(what) + " of merchant " + std::string(merchant) +
                   "; restore the key store from its backup before anything is written");
}

class EmbeddedKeyStore final : public KeyStore {
 public:
  EmbeddedKeyStore(std::unique_ptr<rocksdb::DB> db, const Key& root)
      : db_(std::move(db)), root_(root) {}

  // Binds a new store to the root key, or checks that it is the one it was bound to.
  absl::Status Bind() {
    const std::optional<std::string> check = Read(kCheckRow);
    if (!check) {
      Write({{std::string(kCheckRow), SealBox(root_, CheckPurpose(), kCheckText)}});
      return absl::OkStatus();
    }
    std::string text;
    if (!OpenBox(root_, CheckPurpose(), *check, &text) || text != kCheckText) {
      return Error(absl::StatusCode::kFailedPrecondition, "ROOT_KEY_MISMATCH",
                   "the key store " + db_->GetName() +
                       " was made with another root key; start with that one");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::optional<MerchantKeys>> FindMerchantKeys(std::string_view merchant) override {
    const std::optional<std::string> row = Read(RowKey(kMerchantRow, merchant));
    if (!row) return std::nullopt;
    std::string keys;
    if (!OpenBox(root_, MerchantPurpose(merchant), *row, &keys) || keys.size() != 2 * Key::kSize) {
      return KeyMissing(merchant, "the root key does not open the keys");
    }
    const std::string_view view(keys);
    return MerchantKeys{Key(view.substr(0, Key::kSize)), Key(view.substr(Key::kSize))};
  }

  absl::StatusOr<MerchantKeys> MerchantKeysOrNew(std::string_view merchant) override {
    const std::lock_guard lock(writing_);
    absl::StatusOr<std::optional<MerchantKeys>> found = FindMerchantKeys(merchant);
    if (!found.ok()) return found.status();
    if (found->has_value()) return **std::move(found);
    if (HasRecordKeys(merchant)) return KeyMissing(merchant, "there is no index or hash key");
    MerchantKeys keys{Key::Random(), Key::Random()};
    const std::string both = std::string(keys.index.bytes()).append(keys.hash.bytes());
    Write({{RowKey(kMerchantRow, merchant), SealBox(root_, MerchantPurpose(merchant), both)}});
    return keys;
  }

  absl::StatusOr<std::optional<Key>> FindRecordKey(std::string_view merchant,
                                                   const Uuid& key_id) override {
    const std::optional<std::string> row = Read(RowKey(kKeyRow, merchant, key_id.bytes()));
    if (!row) return std::nullopt;
    const std::string_view view(*row);
    const std::optional<Uuid> record_id = Uuid::FromBytes(view.substr(0, Uuid::kSize));
    std::string key;
    if (!record_id ||
        !OpenBox(root_, RecordPurpose(merchant, key_id, *record_id), view.substr(Uuid::kSize),
                 &key) ||
        key.size() != Key::kSize) {
      return KeyMissing(merchant, "the root key does not open a record key");
    }
    return Key(key);
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
    std::string box;
    for (const NewKey& key : keys) {
      std::string list_key = RowKey(kRecordRow, key.merchant, key.record_id.bytes());
      auto list = lists.find(list_key);
      if (list == lists.end()) {
        std::string stored = Read(list_key).value_or(std::string());
        list = lists.emplace(std::move(list_key), std::move(stored)).first;
      }
      if (Contains(list->second, key.key.id)) continue;
      list->second.append(key.key.id.bytes());
      SealBox(root_, nonces.Next(), RecordPurpose(key.merchant, key.key.id, key.record_id),
              key.key.key.bytes(), &box);
      rows.push_back({RowKey(kKeyRow, key.merchant, key.key.id.bytes()),
                      std::string(key.record_id.bytes()) + box});
    }
    if (rows.empty()) return absl::OkStatus();
    for (const auto& [list_key, list] : lists) rows.push_back({list_key, list});
    Write(rows);
    return absl::OkStatus();
  }

  absl::Status DeleteRecordKeys(std::string_view merchant, const Uuid& record_id) override {
    const std::lock_guard lock(writing_);
    const std::string list_key = RowKey(kRecordRow, merchant, record_id.bytes());
    const std::string list = Read(list_key).value_or(std::string());
    rocksdb::WriteBatch batch;
    std::vector<std::string> gone;
    for (size_t at = 0; at + Uuid::kSize <= list.size(); at += Uuid::kSize) {
      gone.push_back(RowKey(kKeyRow, merchant, std::string_view(list).substr(at, Uuid::kSize)));
      batch.Delete(gone.back());
    }
    batch.Delete(list_key);
    Commit(&batch);
    // A deletion only hides a row. The flush retires the write-ahead log that holds it, compaction
    // rewrites the files.
    Check(db_->Flush(rocksdb::FlushOptions()), "flush");
    rocksdb::CompactRangeOptions rewrite;
    rewrite.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    for (const std::string& key : gone) {
      const rocksdb::Slice slice(key);
      Check(db_->CompactRange(rewrite, &slice, &slice), "compaction");
    }
    return absl::OkStatus();
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

absl::StatusOr<std::unique_ptr<KeyStore>> OpenEmbeddedKeyStore(const std::string& path,
                                                               const Key& root, bool create) {
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
