// Views in memory: as the stored ones, but for thousands of histories, and a crash is a copy.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "view_store/view_store.h"

namespace carnet::simulation {

// Unlike those of other views, a snapshot is of the present moment always; it may be read while
// another thread writes. Copying copies the rows.
class MemoryViews final : public view_store::ViewStore {
 public:
  MemoryViews();
  MemoryViews(const MemoryViews& other);
  MemoryViews& operator=(const MemoryViews& other);

  const carnet::log::v1::PositionRow& position() const override { return position_; }
  void Write(const domain::Overlay& batch,
             const std::vector<view_store::UntrustedRecord>& untrusted,
             const carnet::log::v1::PositionRow& position) override;
  std::shared_ptr<const view_store::Snapshot> snapshot() const override { return now_; }
  bool Scrub(uint64_t) override { return true; }
  uint64_t scrubbed() const override { return 0; }
  void Flush() override {}
  void ForEachRow(const std::function<void(domain::Family, std::string_view key,
                                           std::string_view value)>& visit) const override;
  uint64_t table_bytes() const override { return 0; }
  uint64_t memtable_bytes() const override { return 0; }

 private:
  using Rows = std::map<std::string, std::string, std::less<>>;
  class Now;

  // Recursive, as who scans may look up what is scanned.
  mutable std::recursive_mutex mutex_;
  // Guarded by mutex_.
  Rows rows_[domain::kFamilyCount];
  std::map<int64_t, carnet::log::v1::UntrustedRecordRow> untrusted_;
  carnet::log::v1::PositionRow position_;
  const std::shared_ptr<const view_store::Snapshot> now_;  // of this object, never copied
};

// All that is compared, of one partition or of several together.
struct KeySpace {
  std::map<std::pair<domain::Family, std::string>, std::string> rows;
  // By offset; of one partition only, as offsets say nothing elsewhere.
  std::map<int64_t, std::string> untrusted;
};
void AddRows(const view_store::ViewStore& store, KeySpace* key_space);
KeySpace KeySpaceOf(const view_store::ViewStore& store);

// Empty if they are the same; else the first difference, as text.
std::string DifferenceOf(const KeySpace& one, const KeySpace& other);

}  // namespace carnet::simulation
