#include "projection/row_cache.h"

#include <utility>

namespace carnet::projection {
namespace {

// What a row costs beside its bytes.
constexpr size_t kOverhead = 64;

}  // namespace

bool RowCache::Keeps(domain::Family family) {
  switch (family) {
    case domain::Family::kMerchants:
    case domain::Family::kRecords:
    case domain::Family::kAccounts:
    case domain::Family::kOwnAccounts:
      return true;
    default:
      return false;
  }
}

const std::string* RowCache::Find(domain::Family family, std::string_view key) {
  const auto i = static_cast<size_t>(family);
  if (const auto row = newer_[i].find(key); row != newer_[i].end()) return &row->second;
  const auto row = older_[i].find(key);
  if (row == older_[i].end()) return nullptr;
  const std::string value = std::move(row->second);
  older_[i].erase(row);
  Store(family, key, value);
  return &newer_[i].find(key)->second;
}

void RowCache::Store(domain::Family family, std::string_view key, std::string_view value) {
  if (newer_bytes_ >= half_bytes_) {
    for (size_t i = 0; i < domain::kFamilyCount; ++i) {
      std::swap(newer_[i], older_[i]);
      newer_[i].clear();
    }
    newer_bytes_ = 0;
  }
  Rows& rows = newer_[static_cast<size_t>(family)];
  auto row = rows.find(key);
  if (row == rows.end()) {
    row = rows.emplace(key, std::string()).first;
    newer_bytes_ += key.size() + kOverhead;
  }
  // A row that grows counts for what it adds; one that shrinks is rare and counts as it was.
  if (value.size() > row->second.size()) newer_bytes_ += value.size() - row->second.size();
  row->second.assign(value);
}

void RowCache::Forget(domain::Family family, std::string_view key) {
  const auto i = static_cast<size_t>(family);
  if (const auto row = newer_[i].find(key); row != newer_[i].end()) newer_[i].erase(row);
  if (const auto row = older_[i].find(key); row != older_[i].end()) older_[i].erase(row);
}

}  // namespace carnet::projection
