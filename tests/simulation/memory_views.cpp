#include "tests/simulation/memory_views.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/escaping.h"

namespace carnet::simulation {

using domain::Family;

class MemoryViews::Now final : public view_store::Snapshot {
 public:
  explicit Now(const MemoryViews* views) : views_(views) {}

  bool Get(Family family, std::string_view key, std::string* value) const override {
    const std::lock_guard lock(views_->mutex_);
    const Rows& rows = views_->rows_[static_cast<size_t>(family)];
    const auto row = rows.find(key);
    if (row == rows.end()) return false;
    *value = row->second;
    return true;
  }

  void Scan(Family family, std::string_view prefix, const Visitor& visit) const override {
    ScanFrom(family, prefix, prefix, visit);
  }

  int64_t position() const override {
    const std::lock_guard lock(views_->mutex_);
    return views_->position_.offset();
  }

  void ScanFrom(Family family, std::string_view prefix, std::string_view start,
                const Visitor& visit) const override {
    const std::lock_guard lock(views_->mutex_);
    const Rows& rows = views_->rows_[static_cast<size_t>(family)];
    for (auto row = rows.lower_bound(start);
         row != rows.end() && std::string_view(row->first).starts_with(prefix); ++row) {
      if (!visit(row->first, row->second)) return;
    }
  }

  void ScanBackFrom(Family family, std::string_view prefix, std::string_view start,
                    const Visitor& visit) const override {
    const std::lock_guard lock(views_->mutex_);
    const Rows& rows = views_->rows_[static_cast<size_t>(family)];
    for (auto row = std::make_reverse_iterator(rows.upper_bound(start));
         row != rows.rend() && std::string_view(row->first).starts_with(prefix); ++row) {
      if (!visit(row->first, row->second)) return;
    }
  }

  void ScanUntrusted(int64_t before_offset, const UntrustedVisitor& visit) const override {
    const std::lock_guard lock(views_->mutex_);
    const auto& records = views_->untrusted_;
    for (auto row = std::make_reverse_iterator(records.lower_bound(before_offset));
         row != records.rend(); ++row) {
      if (!visit(row->first, row->second)) return;
    }
  }

 private:
  const MemoryViews* const views_;
};

MemoryViews::MemoryViews() : now_(std::make_shared<Now>(this)) { position_.set_last_offset(-1); }

MemoryViews::MemoryViews(const MemoryViews& other) : MemoryViews() { *this = other; }

MemoryViews& MemoryViews::operator=(const MemoryViews& other) {
  if (this == &other) return *this;
  const std::scoped_lock lock(mutex_, other.mutex_);
  std::copy(std::begin(other.rows_), std::end(other.rows_), std::begin(rows_));
  untrusted_ = other.untrusted_;
  position_ = other.position_;
  return *this;
}

void MemoryViews::Write(const domain::Overlay& batch,
                        const std::vector<view_store::UntrustedRecord>& untrusted,
                        const carnet::log::v1::PositionRow& position) {
  const std::lock_guard lock(mutex_);
  batch.ForEachWrite(
      [&](Family family, const std::string& key, const std::optional<std::string>& value) {
        Rows& rows = rows_[static_cast<size_t>(family)];
        if (value) {
          rows.insert_or_assign(key, *value);
        } else {
          rows.erase(key);
        }
      });
  for (const auto& record : untrusted) untrusted_[record.offset] = record.row;
  position_ = position;
}

void MemoryViews::ForEachRow(
    const std::function<void(Family, std::string_view key, std::string_view value)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (size_t family = 0; family < domain::kFamilyCount; ++family) {
    for (const auto& [key, value] : rows_[family]) visit(static_cast<Family>(family), key, value);
  }
}

void AddRows(const view_store::ViewStore& store, KeySpace* key_space) {
  store.ForEachRow([&](Family family, std::string_view key, std::string_view value) {
    key_space->rows.emplace(std::pair(family, std::string(key)), value);
  });
}

KeySpace KeySpaceOf(const view_store::ViewStore& store) {
  KeySpace key_space;
  AddRows(store, &key_space);
  store.snapshot()->ScanUntrusted(
      INT64_MAX, [&](int64_t offset, const carnet::log::v1::UntrustedRecordRow& row) {
        key_space.untrusted.emplace(offset, row.SerializeAsString());
        return true;
      });
  return key_space;
}

std::string DifferenceOf(const KeySpace& one, const KeySpace& other) {
  if (one.untrusted != other.untrusted) return "records without a trusted merchant differ";
  const auto [a, b] =
      std::mismatch(one.rows.begin(), one.rows.end(), other.rows.begin(), other.rows.end());
  if (a == one.rows.end() && b == other.rows.end()) return {};
  const auto show = [](const KeySpace& space, auto row) -> std::string {
    if (row == space.rows.end()) return "nothing";
    return std::string(domain::FamilyName(row->first.first)) + " \"" +
           absl::CEscape(row->first.second) + "\" = \"" + absl::CEscape(row->second) + "\"";
  };
  return std::to_string(one.rows.size()) + " rows against " + std::to_string(other.rows.size()) +
         "; first difference:\n  " + show(one, a) + "\n  " + show(other, b);
}

}  // namespace carnet::simulation
