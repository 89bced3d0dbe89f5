#include "view_store/hash_memtable.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "rocksdb/memtablerep.h"
#include "rocksdb/slice.h"

namespace carnet::view_store {
namespace {

using rocksdb::Slice;

// An entry as RocksDB lays it out: length of the internal key (varint), user key, 8 bytes of
// sequence number and type (little-endian), then the value. Entries of one user key are ordered by
// falling trailer: the newest first.
constexpr size_t kTrailerBytes = 8;

Slice InternalPart(const char* entry) {
  uint32_t length = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<uint8_t>(*entry++);
    length |= uint32_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return {entry, length};
  }
}

Slice UserPart(const Slice& internal) { return {internal.data(), internal.size() - kTrailerBytes}; }

uint64_t Trailer(const Slice& internal) {
  uint64_t trailer = 0;
  std::memcpy(&trailer, internal.data() + internal.size() - kTrailerBytes, sizeof trailer);
  return trailer;
}

int Compare(const Slice& a, const Slice& b) {
  if (const int order = UserPart(a).compare(UserPart(b)); order != 0) return order;
  return Trailer(a) > Trailer(b) ? -1 : Trailer(a) < Trailer(b) ? 1 : 0;
}

// Of the user key. Good enough for a table in memory; not stored.
uint64_t Hash(const Slice& user_key) {
  constexpr uint64_t kFactor = 0x9fb21c651e98df25;
  uint64_t hash = user_key.size();
  const char* bytes = user_key.data();
  size_t left = user_key.size();
  for (; left >= sizeof(uint64_t); bytes += sizeof(uint64_t), left -= sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    hash = (hash ^ word) * kFactor;
    hash ^= hash >> 32;
  }
  uint64_t word = 0;
  std::memcpy(&word, bytes, left);
  hash = (hash ^ word) * kFactor;
  return hash ^ (hash >> 29);
}

class HashMemtable final : public rocksdb::MemTableRep {
 public:
  HashMemtable(rocksdb::Allocator* allocator, size_t buckets)
      : MemTableRep(allocator), heads_(buckets) {
    AddChunk();
  }
  ~HashMemtable() override {
    for (Chunk* chunk = newest_chunk_.load(); chunk != nullptr;)
      delete std::exchange(chunk, chunk->older);
  }

  // The newest goes to the head: entries of one key stand in their chain newest first, as a look-up
  // wants them.
  void Insert(rocksdb::KeyHandle handle) override {
    Chunk* chunk = newest_chunk_.load(std::memory_order_relaxed);
    if (chunk->used.load(std::memory_order_relaxed) == kChunkNodes) chunk = AddChunk();
    const size_t used = chunk->used.load(std::memory_order_relaxed);
    Node& node = chunk->nodes[used];
    node.entry = static_cast<const char*>(handle);
    node.hash = Hash(UserPart(InternalPart(node.entry)));
    std::atomic<Node*>& head = HeadOf(node.hash);
    node.next = head.load(std::memory_order_relaxed);
    chunk->used.store(used + 1, std::memory_order_release);
    head.store(&node, std::memory_order_release);
  }

  bool Contains(const char* entry) const override {
    const Slice wanted = InternalPart(entry);
    Lookup lookup;
    lookup.Begin(this);
    lookup.Seek(wanted, nullptr);
    return lookup.Valid() && InternalPart(lookup.key()) == wanted;
  }

  // Beside what the entries took from the allocator.
  size_t ApproximateMemoryUsage() override {
    return heads_.size() * sizeof heads_[0] +
           chunk_count_.load(std::memory_order_relaxed) * sizeof(Chunk);
  }

  // RocksDB deletes an iterator that it asked for without an arena. One for an arena it only
  // destroys; as the arena's type is not public, such iterators stand in memory of this memtable,
  // freed with it.
  Iterator* GetIterator(rocksdb::Arena* arena = nullptr) override {
    if (arena == nullptr) return new Sorted(this);
    const std::lock_guard lock(places_mutex_);
    places_.push_back(std::make_unique<Place>());
    return new (places_.back().get()) Sorted(this);
  }

  // MemTableRep::Get(), which can't be overridden without private headers, looks up with this and
  // does not delete it. A thread looks into one memtable at a time. (Iterators ask for it only
  // where a prefix extractor is set: none is.)
  Iterator* GetDynamicPrefixIterator(rocksdb::Arena* = nullptr) override {
    thread_local Lookup lookup;
    lookup.Begin(this);
    return &lookup;
  }

 private:
  struct Node {
    Node* next;
    uint64_t hash;
    const char* entry;
  };
  static constexpr size_t kChunkNodes = 1024;
  struct Chunk {
    Chunk* older = nullptr;
    std::atomic<size_t> used{0};
    Node nodes[kChunkNodes];
  };

  Chunk* AddChunk() {
    auto* chunk = new Chunk;
    chunk->older = newest_chunk_.load(std::memory_order_relaxed);
    newest_chunk_.store(chunk, std::memory_order_release);
    chunk_count_.fetch_add(1, std::memory_order_relaxed);
    return chunk;
  }
  std::atomic<Node*>& HeadOf(uint64_t hash) { return heads_[hash & (heads_.size() - 1)]; }
  Node* FirstOf(uint64_t hash) const {
    return heads_[hash & (heads_.size() - 1)].load(std::memory_order_acquire);
  }

  // Walks the entries of one user key, the newest first.
  class Lookup final : public Iterator {
   public:
    void Begin(const HashMemtable* memtable) {
      memtable_ = memtable;
      node_ = nullptr;
    }
    bool Valid() const override { return node_ != nullptr; }
    const char* key() const override { return node_->entry; }
    void Seek(const Slice& internal, const char*) override {
      const Slice user_key = UserPart(internal);
      const uint64_t hash = Hash(user_key);
      for (node_ = memtable_->FirstOf(hash); node_ != nullptr; node_ = node_->next) {
        if (node_->hash != hash) continue;
        const Slice found = InternalPart(node_->entry);
        if (UserPart(found) == user_key && Trailer(found) <= Trailer(internal)) return;
      }
    }
    void Next() override {
      const uint64_t hash = node_->hash;
      const Slice user_key = UserPart(InternalPart(node_->entry));
      do {
        node_ = node_->next;
      } while (node_ != nullptr &&
               (node_->hash != hash || UserPart(InternalPart(node_->entry)) != user_key));
    }
    void Prev() override { node_ = nullptr; }
    void SeekForPrev(const Slice&, const char*) override { node_ = nullptr; }
    void SeekToFirst() override { node_ = nullptr; }
    void SeekToLast() override { node_ = nullptr; }

   private:
    const HashMemtable* memtable_ = nullptr;
    const Node* node_ = nullptr;
  };

  // All entries as they are when it is first moved, in order. (RocksDB makes iterators that it
  // never moves.)
  class Sorted final : public Iterator {
   public:
    explicit Sorted(const HashMemtable* memtable) : memtable_(memtable) {}
    bool Valid() const override { return at_ < rows_.size(); }
    const char* key() const override { return rows_[at_].entry; }
    void Next() override { ++at_; }
    void Prev() override { at_ = at_ == 0 ? rows_.size() : at_ - 1; }
    void Seek(const Slice& internal, const char*) override {
      Sort();
      const auto row = std::lower_bound(
          rows_.begin(), rows_.end(), internal,
          [](const Row& a, const Slice& b) { return Compare(InternalPart(a.entry), b) < 0; });
      at_ = static_cast<size_t>(row - rows_.begin());
    }
    void SeekForPrev(const Slice& internal, const char* entry) override {
      Seek(internal, entry);
      if (Valid() && InternalPart(key()) == internal) return;
      Prev();
    }
    void SeekToFirst() override {
      Sort();
      at_ = 0;
    }
    void SeekToLast() override {
      Sort();
      at_ = rows_.empty() ? 0 : rows_.size() - 1;
    }

   private:
    // The first bytes of the user key beside its entry: most comparisons touch nothing else.
    struct Row {
      static constexpr size_t kWords = 3;
      explicit Row(const char* where) : entry(where) {
        const Slice user_key = UserPart(InternalPart(where));
        char bytes[kWords * sizeof(uint64_t)] = {};
        std::memcpy(bytes, user_key.data(), std::min(user_key.size(), sizeof bytes));
        for (size_t i = 0; i < kWords; ++i) words[i] = ReadBigEndian64({bytes + 8 * i, 8});
      }
      bool operator<(const Row& other) const {
        for (size_t i = 0; i < kWords; ++i) {
          if (words[i] != other.words[i]) return words[i] < other.words[i];
        }
        return Compare(InternalPart(entry), InternalPart(other.entry)) < 0;
      }
      uint64_t words[kWords];
      const char* entry;
    };

    void Sort() {
      if (sorted_) return;
      sorted_ = true;
      rows_.reserve(memtable_->chunk_count_.load(std::memory_order_relaxed) * kChunkNodes);
      for (const Chunk* chunk = memtable_->newest_chunk_.load(std::memory_order_acquire);
           chunk != nullptr; chunk = chunk->older) {
        const size_t used = chunk->used.load(std::memory_order_acquire);
        for (size_t i = 0; i < used; ++i) rows_.emplace_back(chunk->nodes[i].entry);
      }
      std::sort(rows_.begin(), rows_.end());
      at_ = rows_.size();
    }

    const HashMemtable* memtable_;
    bool sorted_ = false;
    std::vector<Row> rows_;
    size_t at_ = 0;
  };
  struct alignas(Sorted) Place {
    std::byte bytes[sizeof(Sorted)];
  };

  std::vector<std::atomic<Node*>> heads_;
  std::atomic<Chunk*> newest_chunk_{nullptr};
  std::atomic<size_t> chunk_count_{0};

  std::mutex places_mutex_;
  std::vector<std::unique_ptr<Place>> places_;  // guarded by places_mutex_
};

class HashMemtableFactory final : public rocksdb::MemTableRepFactory {
 public:
  explicit HashMemtableFactory(size_t rows) {
    while (buckets_ < rows) buckets_ *= 2;
  }
  using MemTableRepFactory::CreateMemTableRep;
  rocksdb::MemTableRep* CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator&,
                                          rocksdb::Allocator* allocator,
                                          const rocksdb::SliceTransform*,
                                          rocksdb::Logger*) override {
    return new HashMemtable(allocator, buckets_);
  }
  const char* Name() const override { return "carnet.hash_memtable"; }

 private:
  size_t buckets_ = 1024;  // a power of two
};

}  // namespace

std::shared_ptr<rocksdb::MemTableRepFactory> MakeHashMemtableFactory(size_t rows) {
  return std::make_shared<HashMemtableFactory>(rows);
}

}  // namespace carnet::view_store
