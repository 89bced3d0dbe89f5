#include "domain/state.h"

#include <map>

#include "base/fatal.h"

namespace carnet::domain {

std::string_view FamilyName(Family family) {
  static constexpr std::string_view kNames[kFamilyCount] = {
      "merchants", "changes",  "codes",         "records",   "links",  "identifiers",
      "accounts",  "postings", "own_accounts",  "entries",   "feed",   "dead_letters",
      "history",   "policies", "consents",      "relations", "orders", "own_days",
      "members",   "identity", "shared_values", "erasures"};
  return kNames[static_cast<size_t>(family)];
}

bool Overlay::Get(Family family, std::string_view key, std::string* value) const {
  const Rows& rows = rows_[static_cast<size_t>(family)];
  if (const auto row = rows.find(key); row != rows.end()) {
    if (!row->second) return false;
    *value = *row->second;
    return true;
  }
  return base_->Get(family, key, value);
}

void Overlay::Scan(Family family, std::string_view prefix, const Visitor& visit) const {
  // Rows of the fold are scanned rarely and in short ranges: sorting what was written is enough.
  std::map<std::string_view, const std::optional<std::string>*> written;
  for (const auto& [key, value] : rows_[static_cast<size_t>(family)]) {
    if (std::string_view(key).starts_with(prefix)) written.emplace(key, &value);
  }
  auto next = written.begin();
  bool go_on = true;
  // Visits what was written below `key`, or at it; true if `key` itself was written.
  const auto visit_up_to = [&](std::string_view key) {
    while (go_on && next != written.end() && next->first <= key) {
      const bool same = next->first == key;
      if (*next->second) go_on = visit(next->first, **next->second);
      ++next;
      if (same) return true;
    }
    return false;
  };
  base_->Scan(family, prefix, [&](std::string_view key, std::string_view value) {
    if (!visit_up_to(key) && go_on) go_on = visit(key, value);
    return go_on;
  });
  for (; go_on && next != written.end(); ++next) {
    if (*next->second) go_on = visit(next->first, **next->second);
  }
}

void Overlay::Write(Family family, std::string key, std::optional<std::string> value) {
  const auto [row, inserted] = rows_[static_cast<size_t>(family)].try_emplace(std::move(key));
  if (in_savepoint_) journal_.push_back({family, &*row, inserted, std::move(row->second)});
  row->second = std::move(value);
}

void Overlay::Put(Family family, std::string key, std::string value) {
  Write(family, std::move(key), std::move(value));
}

void Overlay::Delete(Family family, std::string key) {
  Write(family, std::move(key), std::nullopt);
}

void Overlay::Begin() {
  CARNET_ASSERT(!in_savepoint_);
  in_savepoint_ = true;
}

void Overlay::Commit() {
  CARNET_ASSERT(in_savepoint_);
  in_savepoint_ = false;
  journal_.clear();
}

void Overlay::RollBack() {
  CARNET_ASSERT(in_savepoint_);
  in_savepoint_ = false;
  // Newest first: a row that was written twice gets its oldest value last.
  for (auto undo = journal_.rbegin(); undo != journal_.rend(); ++undo) {
    if (undo->inserted) {
      // Taken by iterator: erasing by a key that lives in the erased node is not safe.
      Rows& rows = rows_[static_cast<size_t>(undo->family)];
      rows.erase(rows.find(undo->row->first));
    } else {
      undo->row->second = std::move(undo->value);
    }
  }
  journal_.clear();
}

void Overlay::ForEachWrite(const WriteVisitor& write) const {
  for (size_t family = 0; family < kFamilyCount; ++family) {
    for (const auto& [key, value] : rows_[family]) write(static_cast<Family>(family), key, value);
  }
}

void Overlay::Clear() {
  for (Rows& rows : rows_) rows.clear();
  journal_.clear();
}

size_t Overlay::write_count() const {
  size_t count = 0;
  for (const Rows& rows : rows_) count += rows.size();
  return count;
}

}  // namespace carnet::domain
