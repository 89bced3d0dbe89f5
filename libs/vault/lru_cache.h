// A bounded map for many threads that forgets what was not used for longest.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace carnet::vault {

// All functions may be called from any thread; entries are spread over shards, each with a lock of
// its own, so the bound and the order of forgetting hold per shard. Values are copied out.
template <typename K, typename V>
class LruCache {
 public:
  explicit LruCache(size_t max_entries)
      : max_per_shard_(std::max<size_t>(1, max_entries / kShards)) {}

  std::optional<V> Get(const K& key) {
    Shard& shard = ShardOf(key);
    const std::lock_guard lock(shard.mutex);
    Node* node = shard.Find(key);
    if (node == nullptr) return std::nullopt;
    return node->value;
  }

  void Put(const K& key, V value) {
    Shard& shard = ShardOf(key);
    const std::lock_guard lock(shard.mutex);
    if (Node* node = shard.Find(key)) {
      node->value = std::move(value);
    } else {
      shard.Insert(key, std::move(value), max_per_shard_);
    }
  }

  // The value that is there, else `value`, which is then put there.
  V GetOrPut(const K& key, V value) {
    Shard& shard = ShardOf(key);
    const std::lock_guard lock(shard.mutex);
    if (Node* node = shard.Find(key)) return node->value;
    shard.Insert(key, value, max_per_shard_);
    return value;
  }

  // Changes the value that is there, if there is one, under the shard's lock: `change` must be
  // quick.
  template <typename Change>
  void Update(const K& key, Change change) {
    Shard& shard = ShardOf(key);
    const std::lock_guard lock(shard.mutex);
    if (Node* node = shard.Find(key)) change(node->value);
  }

  void Erase(const K& key) {
    Shard& shard = ShardOf(key);
    const std::lock_guard lock(shard.mutex);
    shard.Erase(key);
  }

  // Forgets all entries for which `condition` holds. Visits every one.
  template <typename Condition>
  void EraseIf(Condition condition) {
    for (Shard& shard : shards_) {
      const std::lock_guard lock(shard.mutex);
      std::vector<K> found;
      for (const auto& [key, index] : shard.index) {
        if (condition(key, shard.nodes[index].value)) found.push_back(key);
      }
      for (const K& key : found) shard.Erase(key);
    }
  }

  size_t size() {
    size_t total = 0;
    for (Shard& shard : shards_) {
      const std::lock_guard lock(shard.mutex);
      total += shard.index.size();
    }
    return total;
  }

 private:
  static constexpr size_t kShards = 16;  // four bits of a hash: see ShardOf()
  static constexpr uint32_t kNone = UINT32_MAX;

  // Nodes stand in one array and are linked by index: half the memory of a list of pointers.
  struct Node {
    K key{};
    V value{};
    uint32_t newer = kNone;
    uint32_t older = kNone;
  };

  struct Shard {
    std::mutex mutex;
    absl::flat_hash_map<K, uint32_t> index;
    std::vector<Node> nodes;
    std::vector<uint32_t> free;
    uint32_t newest = kNone;
    uint32_t oldest = kNone;

    void Unlink(uint32_t at) {
      Node& node = nodes[at];
      (node.newer == kNone ? newest : nodes[node.newer].older) = node.older;
      (node.older == kNone ? oldest : nodes[node.older].newer) = node.newer;
    }

    void LinkAsNewest(uint32_t at) {
      nodes[at].newer = kNone;
      nodes[at].older = newest;
      (newest == kNone ? oldest : nodes[newest].newer) = at;
      newest = at;
    }

    Node* Find(const K& key) {
      const auto found = index.find(key);
      if (found == index.end()) return nullptr;
      if (found->second != newest) {
        Unlink(found->second);
        LinkAsNewest(found->second);
      }
      return &nodes[found->second];
    }

    void Insert(const K& key, V value, size_t max) {
      if (index.size() >= max) {
        const K oldest_key = nodes[oldest].key;
        Erase(oldest_key);
      }
      uint32_t at;
      if (free.empty()) {
        at = static_cast<uint32_t>(nodes.size());
        nodes.emplace_back();
      } else {
        at = free.back();
        free.pop_back();
      }
      nodes[at].key = key;
      nodes[at].value = std::move(value);
      LinkAsNewest(at);
      index[key] = at;
    }

    void Erase(const K& key) {
      const auto found = index.find(key);
      if (found == index.end()) return;
      const uint32_t at = found->second;
      index.erase(found);
      Unlink(at);
      // The old value goes now, not when the place is used again: it may be a secret.
      nodes[at].value = V{};
      nodes[at].key = K{};
      free.push_back(at);
    }
  };

  Shard& ShardOf(const K& key) {
    // Mixed once more: the map inside the shard uses the lower bits, and of small integers the
    // upper ones are all alike.
    return shards_[(absl::Hash<K>{}(key)*0x9E3779B97F4A7C15U) >> 60];
  }

  const size_t max_per_shard_;
  std::array<Shard, kShards> shards_;
};

}  // namespace carnet::vault
