// Changes into rows: the decisions are imitated (sums, counters, filler of realistic sizes); rows,
// lookups and batches are real.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <rocksdb/db.h>

#include "tests/bench/layout/rows.h"
#include "tests/bench/layout/store.h"
#include "tests/bench/layout/stream.h"
#include "tests/bench/layout/variant.h"

namespace carnet::bench::layout {

// What a batch has read or written, by what it is about; the next batch may still look into it
// while it is written.
struct Overlay {
  std::unordered_map<Id, IdRow, IdHash> ids;
  std::unordered_map<uint32_t, Account> accounts;
  std::unordered_map<uint32_t, std::string> records;
  std::vector<uint32_t> written_accounts, written_records;
  rocksdb::WriteBatch batch;

  void Clear();
};

struct MerchantState {
  uint64_t number = 0, sequence = 0;
  int64_t cash = 0, sales = 0;
  bool touched = false;
  std::string highest[kSources];
};

class Folder {
 public:
  // `store` may be null: what the program itself costs.
  Folder(const Variant& v, Store* store);
  ~Folder();

  // Folds and writes a batch; with "thread" another thread writes it.
  void Fold(const std::vector<Change>& batch);
  // Until all is written.
  void Wait();

  uint64_t position = 0, bytes = 0, keys = 0;
  const MerchantState& merchant(uint16_t m) const { return merchants_[m]; }

 private:
  void FoldOne(const Change& c);
  void Post(const Change& c, MerchantState& m, uint64_t number);
  void Contact(const Change& c);
  Account& LoadAccount(const Change& c);
  void NoteAccount(const Change& c);

  // Looking up.
  bool Get(Family f, const std::string& key, rocksdb::PinnableSlice& value);
  // All the store has to say about a batch, in four calls. What is absent stays out of the overlay.
  void Prefetch(const std::vector<Change>& batch);
  template <class KeyOf, class Found>
  void MultiGet(Family f, const std::vector<const Change*>& changes, KeyOf key_of, Found found);

  // Writing.
  void Put(Family f, const Slice& key, const Slice& value);
  void PutSorted();
  void Finish(size_t changes);
  void Write(Overlay& o);
  void WriteLoop();

  struct Slot {
    uint32_t customer = ~0u;
    Account account;
  };
  struct Row {
    Family family;
    std::string key, value;
  };
  Slot* SlotOf(uint32_t customer);

  const Variant& v_;
  Store* store_;
  Stream entries_, feed_, changes_;
  std::vector<Slot> cache_;
  Overlay overlays_[2];
  Overlay *now_ = &overlays_[0], *before_ = &overlays_[1];
  bool prefetched_ = false;
  std::unordered_map<uint32_t, bool> fetched_accounts_, fetched_records_;
  std::vector<uint16_t> owner_ = std::vector<uint16_t>(kCustomers + kMerchants + 1);
  MerchantState merchants_[kMerchants];
  rocksdb::ReadOptions read_;
  std::unique_ptr<rocksdb::Iterator> tokens_;  // one a batch
  rocksdb::PinnableSlice value_;
  std::vector<Row> rows_;
  std::string number_, entry_, feedrow_;

  std::thread writer_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  Overlay* writing_ = nullptr;
  bool stop_ = false;
};

}  // namespace carnet::bench::layout
