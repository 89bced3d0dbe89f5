#include "tests/bench/layout/folder.h"

#include <rocksdb/perf_level.h>

namespace carnet::bench::layout {

using rocksdb::PinnableSlice;
using rocksdb::Status;

void Overlay::Clear() {
  ids.clear();
  accounts.clear();
  records.clear();
  written_accounts.clear();
  written_records.clear();
  batch.Clear();
}

Folder::Folder(const Variant& v, Store* store)
    : v_(v),
      store_(store),
      entries_(v),
      feed_(v),
      changes_(v),
      cache_(size_t(std::max(v["cache"], 1))) {
  if (store_ != nullptr) {
    entries_.Open(store->families[kEntries]);
    feed_.Open(store->families[kFeed]);
    changes_.Open(store->families[kChanges]);
    if (v_["thread"]) writer_ = std::thread([this] { WriteLoop(); });
  }
}

Folder::~Folder() {
  if (!writer_.joinable()) return;
  Wait();
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  writer_.join();
}

void Folder::Fold(const std::vector<Change>& batch) {
  if (v_["multiget"] && store_ != nullptr) Prefetch(batch);
  for (const Change& c : batch) FoldOne(c);
  Finish(batch.size());
}

void Folder::Wait() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return writing_ == nullptr; });
}

bool Folder::Get(Family f, const std::string& key, PinnableSlice& value) {
  if (store_ == nullptr) return false;
  value.Reset();
  const Status s = store_->db->Get(read_, store_->families[f], key, &value);
  if (s.IsNotFound()) return false;
  Check(s);
  return true;
}

void Folder::FoldOne(const Change& c) {
  // Seen before? In this batch, in the one that is being written, or in the store.
  auto seen = now_->ids.find(c.id);
  if (seen == now_->ids.end()) {
    if (auto it = before_->ids.find(c.id); it != before_->ids.end()) {
      seen = now_->ids.emplace(c.id, it->second).first;
    } else if (!prefetched_ && Get(kIds, IdKey(c), value_)) {
      seen = now_->ids.emplace(c.id, IdRow{}).first;
      std::memcpy(&seen->second, value_.data(), sizeof(IdRow));
    }
  }
  MerchantState& m = merchants_[c.merchant];
  m.touched = true;
  if (seen != now_->ids.end() && seen->second.number != 0) {
    ++seen->second.duplicates;
    Put(kIds, IdKey(c), Encode(seen->second, c.id));
    return;
  }
  const IdRow row{++m.number, 0};
  now_->ids[c.id] = row;
  Put(kIds, IdKey(c), Encode(row, c.id));

  if (c.kind != Kind::kContact) {
    const std::string natural = NaturalKey(c);
    std::string& highest = m.highest[c.source];
    const bool above = v_["highwater"] && natural > highest;
    if (!above && !prefetched_) Check(!Get(kNatural, natural, value_), "a voucher twice");
    highest = std::max(highest, natural);
    number_.clear();
    AppendBigEndian(number_, row.number);
    Put(kNatural, natural, number_);
    Post(c, m, row.number);
  } else {
    Contact(c);
  }

  // Entry and feed: one row each, or one together.
  const bool voucher = c.kind != Kind::kContact;
  m.sequence += voucher ? 2 : 1;
  entry_.clear();
  feedrow_.clear();
  feedrow_.push_back(char(voucher ? 2 : 1));
  AppendBigEndian(feedrow_, m.sequence);
  AppendFiller(feedrow_, c.ordinal * 5, voucher ? 105 : 60);
  if (voucher) AppendFiller(entry_, c.ordinal * 3, 85 + c.ordinal % 10);
  if (v_["merged"]) {
    feedrow_ += entry_;
    changes_.Append(now_->batch, c.merchant, row.number, feedrow_);
  } else {
    if (voucher) entries_.Append(now_->batch, c.merchant, row.number, entry_);
    feed_.Append(now_->batch, c.merchant, v_["block"] ? row.number : m.sequence, feedrow_);
  }
}

void Folder::Post(const Change& c, MerchantState& m, uint64_t number) {
  Account& a = LoadAccount(c);
  const int64_t delta = c.kind == Kind::kSale      ? c.amount
                        : c.kind == Kind::kReceipt ? -c.amount
                                                   : c.amount - a.owed;
  ++a.count;
  a.owed += delta;
  a.coins += delta / 1000;
  m.sales += c.kind == Kind::kSale ? delta : 0;
  m.cash -= c.kind == Kind::kReceipt ? delta : 0;
  char line[kLine] = {};
  std::memcpy(line, &number, 4);
  line[4] = char(c.ordinal / 100'000);
  std::memcpy(line + 8, &c.amount, 4);
  a.tail.append(line, kLine);
  if (a.tail.size() >= size_t(v_["tail"]) * kLine) {
    Put(kHistory, HistoryKey(c.merchant, c.customer, uint64_t(a.count / v_["tail"])), a.tail);
    a.tail.clear();
  }
}

Account& Folder::LoadAccount(const Change& c) {
  auto [it, added] = now_->accounts.try_emplace(c.customer);
  if (!added) {
    // A prefetched row comes without its merchant: note it as written on its first change only.
    if (prefetched_ && fetched_accounts_.erase(c.customer)) NoteAccount(c);
    return it->second;
  }
  NoteAccount(c);
  Slot* slot = SlotOf(c.customer);
  if (auto b = before_->accounts.find(c.customer); b != before_->accounts.end()) {
    it->second = b->second;
  } else if (slot && slot->customer == c.customer) {
    it->second = slot->account;
  } else if (!prefetched_ && Get(kAccounts, AccountKey(c.merchant, c.customer), value_)) {
    it->second = DecodeAccount(value_);
  }
  return it->second;
}

Folder::Slot* Folder::SlotOf(uint32_t customer) {
  return v_["cache"] ? &cache_[customer % cache_.size()] : nullptr;
}

void Folder::NoteAccount(const Change& c) {
  now_->written_accounts.push_back(c.customer);
  owner_[c.customer] = c.merchant;
}

void Folder::Contact(const Change& c) {
  auto [it, added] = now_->records.try_emplace(c.customer);
  if (added || (prefetched_ && fetched_records_.erase(c.customer))) {
    now_->written_records.push_back(c.customer);
    owner_[c.customer] = c.merchant;
  }
  std::string& cells = it->second;
  if (added) {
    if (auto b = before_->records.find(c.customer); b != before_->records.end()) {
      cells = b->second;
    } else if (!prefetched_ && Get(kRecords, RecordKey(c.merchant, c.customer), value_)) {
      cells = value_.ToString();
    }
  }
  if (cells.empty()) AppendFiller(cells, c.customer, 400 + Mix(c.customer) % 300, true);
  std::string cell;
  AppendFiller(cell, c.ordinal, 60, true);
  cells.replace(c.ordinal % 300, cell.size(), cell);
  for (char kind : {'e', 'p'}) {
    std::string k = Key(c.merchant, kind, MakeId(uint64_t(kind), c.ordinal));
    const Id record = MakeId(2, c.customer);
    const Slice holder(reinterpret_cast<const char*>(record.data()), record.size());
    if (v_["tokens"] == 2) {
      Check(!Get(kIdentifiers, k, value_), "a token twice");
      Put(kIdentifiers, k, holder);
      continue;
    }
    if (v_["tokens"] == 1 && store_ != nullptr) {
      if (!tokens_) tokens_.reset(store_->db->NewIterator(read_, store_->families[kIdentifiers]));
      tokens_->Seek(k);
      Check(!tokens_->Valid() || !tokens_->key().starts_with(k), "a token twice");
    }
    k.append(holder.data(), holder.size());
    Put(kIdentifiers, k, Slice());
  }
}

void Folder::Prefetch(const std::vector<Change>& batch) {
  prefetched_ = true;
  fetched_accounts_.clear();
  fetched_records_.clear();
  std::vector<const Change*> ids, vouchers, accounts, records;
  std::unordered_map<uint32_t, bool> wanted_accounts, wanted_records;
  for (const Change& c : batch) {
    if (!before_->ids.count(c.id)) ids.push_back(&c);
    if (c.kind == Kind::kContact) {
      if (!before_->records.count(c.customer) && wanted_records.emplace(c.customer, true).second)
        records.push_back(&c);
    } else {
      if (!before_->ids.count(c.id)) vouchers.push_back(&c);
      const Slot* slot = SlotOf(c.customer);
      if (!(slot && slot->customer == c.customer) && !before_->accounts.count(c.customer) &&
          wanted_accounts.emplace(c.customer, true).second)
        accounts.push_back(&c);
    }
  }
  MultiGet(
      kIds, ids, [](const Change& c) { return IdKey(c); },
      [&](const Change& c, const Slice& s) {
        std::memcpy(&now_->ids[c.id], s.data(), sizeof(IdRow));
      });
  MultiGet(
      kNatural, vouchers, [](const Change& c) { return NaturalKey(c); },
      [](const Change&, const Slice&) {});
  MultiGet(
      kAccounts, accounts, [](const Change& c) { return AccountKey(c.merchant, c.customer); },
      [&](const Change& c, const Slice& s) {
        now_->accounts[c.customer] = DecodeAccount(s);
        fetched_accounts_[c.customer] = true;
      });
  MultiGet(
      kRecords, records, [](const Change& c) { return RecordKey(c.merchant, c.customer); },
      [&](const Change& c, const Slice& s) {
        now_->records[c.customer] = s.ToString();
        fetched_records_[c.customer] = true;
      });
}

template <class KeyOf, class Found>
void Folder::MultiGet(Family f, const std::vector<const Change*>& changes, KeyOf key_of,
                      Found found) {
  const size_t n = changes.size();
  std::vector<std::string> names(n);
  std::vector<Slice> slices(n);
  std::vector<PinnableSlice> values(n);
  std::vector<Status> statuses(n);
  for (size_t i = 0; i < n; ++i) slices[i] = names[i] = key_of(*changes[i]);
  store_->db->MultiGet(read_, store_->families[f], n, slices.data(), values.data(),
                       statuses.data());
  for (size_t i = 0; i < n; ++i) {
    if (statuses[i].IsNotFound()) continue;
    Check(statuses[i]);
    found(*changes[i], values[i]);
  }
}

void Folder::Put(Family f, const Slice& key, const Slice& value) {
  if (v_["sort"]) {
    rows_.push_back({f, key.ToString(), value.ToString()});
  } else {
    Check(now_->batch.Put(store_ ? store_->families[f] : nullptr, key, value));
  }
}

void Folder::PutSorted() {
  std::stable_sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) {
    return a.family != b.family ? a.family < b.family : a.key < b.key;
  });
  for (const Row& r : rows_) Check(now_->batch.Put(store_->families[r.family], r.key, r.value));
  rows_.clear();
}

void Folder::Finish(size_t changes) {
  tokens_.reset();
  if (store_ == nullptr) {  // the program's own cost; accounts and records stay in the overlay
    now_->ids.clear();
    now_->written_accounts.clear();
    now_->written_records.clear();
    bytes += now_->batch.GetDataSize();
    now_->batch.Clear();
    return;
  }
  position += changes;
  for (uint32_t customer : now_->written_accounts) {
    const Account& a = now_->accounts.at(customer);
    Put(kAccounts, AccountKey(owner_[customer], customer), Encode(a));
    if (Slot* slot = SlotOf(customer)) *slot = Slot{customer, a};
  }
  for (uint32_t customer : now_->written_records)
    Put(kRecords, RecordKey(owner_[customer], customer), now_->records.at(customer));
  for (uint16_t m = 0; m < kMerchants; ++m) {
    MerchantState& s = merchants_[m];
    if (!s.touched) continue;
    s.touched = false;
    std::string row(reinterpret_cast<const char*>(&s), 32);
    AppendFiller(row, m, 30);
    Put(kDefault, MerchantKey(m) + 'm', row);
  }
  entries_.EndBatch(now_->batch);
  feed_.EndBatch(now_->batch);
  changes_.EndBatch(now_->batch);
  Put(kDefault, Slice("\0position", 9), std::to_string(position));
  PutSorted();
  bytes += now_->batch.GetDataSize();
  keys += now_->batch.Count();

  if (!writer_.joinable()) {
    Write(*now_);
    now_->Clear();
    return;
  }
  Wait();
  std::swap(now_,
            before_);  // `before_` is read by the fold and written to the store; `now_` is free
  now_->Clear();
  {
    std::lock_guard lock(mutex_);
    writing_ = before_;
  }
  wake_.notify_all();
}

void Folder::Write(Overlay& o) {
  rocksdb::WriteOptions write;
  write.sync = false;
  Check(store_->db->Write(write, &o.batch));
}

void Folder::WriteLoop() {
  if (!v_["perf"]) rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stop_ || writing_ != nullptr; });
    if (writing_ == nullptr) return;
    Overlay* o = writing_;
    lock.unlock();
    Write(*o);
    lock.lock();
    writing_ = nullptr;
    done_.notify_all();
  }
}

}  // namespace carnet::bench::layout
