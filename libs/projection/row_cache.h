// Rows that were read or written lately, so that busy customers are not looked up in RocksDB for every sale.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "domain/state.h"

namespace carnet::projection {

// Bounded by bytes: when the newer half is full, the older half is dropped. One thread.
class RowCache {
 public:
  explicit RowCache(size_t max_bytes) : half_bytes_(max_bytes / 2) {}

  // Whether rows of this family are kept: those that one change writes and many later ones read.
  static bool Keeps(domain::Family family);

  // The value, or nullptr if not known; valid until the next call.
  const std::string* Find(domain::Family family, std::string_view key);

  // What the row is from now on; and: that it may be gone.
  void Store(domain::Family family, std::string_view key, std::string_view value);
  void Forget(domain::Family family, std::string_view key);

 private:
  struct KeyHash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const {
      return absl::Hash<absl::string_view>()(absl::string_view(key.data(), key.size()));
    }
  };
  using Rows = absl::flat_hash_map<std::string, std::string, KeyHash, std::equal_to<>>;

  const size_t half_bytes_;
  size_t newer_bytes_ = 0;
  Rows newer_[domain::kFamilyCount];
  Rows older_[domain::kFamilyCount];
};

}  // namespace carnet::projection
