// What a fold reads and writes: rows of bytes in families, seen through one overlay over one
// reader.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

#include "domain/invariant.h"

namespace carnet::domain {

// The families of the compared key space, one purpose each. What their keys and values are is said
// in keys.h and carnet/log/v1/rows.proto. The order is the order in which key spaces are compared;
// numbers are not stored.
enum class Family : uint8_t {
  kMerchants,     // counters of a merchant
  kChanges,       // change id → outcome
  kCodes,         // source and voucher code → voucher
  kRecords,       // source record → cells
  kLinks,         // customer with several members → members and edges
  kIdentifiers,   // identity token → source records
  kAccounts,      // source record → balances and newest postings
  kPostings,      // older postings of an account, in chunks
  kOwnAccounts,   // the merchant's own accounts
  kEntries,       // vouchers
  kFeed,          // events
  kDeadLetters,   // changes that could not be folded
  kHistory,       // source record → what changes replaced in its cells
  kPolicies,      // a merchant's policy, and its walk-in ids
  kConsents,      // identity token and purpose → consent
  kRelations,     // who brought whom, who is a contact of which company
  kOrders,        // orders, and lists of them
  kOwnDays,       // what came to the merchant's own accounts, by day and month
  kMembers,       // who belonged to whom, from which change on
  kIdentity,      // source record → what its identity is judged by
  kSharedValues,  // identity token → source records that have it
  kErasures,      // whose keys must be gone
};
inline constexpr size_t kFamilyCount = 22;
std::string_view FamilyName(Family family);

// Where rows come from: a RocksDB snapshot, memory, or another overlay. A reader whose disk fails
// does not return.
class Reader {
 public:
  virtual ~Reader() = default;

  // Whether there is such a row; then its value.
  virtual bool Get(Family family, std::string_view key, std::string* value) const = 0;

  // Calls `visit` for the rows whose keys begin with `prefix`, in key order, until it returns
  // false.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
  virtual void Scan(Family family, std::string_view prefix, const Visitor& visit) const = 0;
};

// Writes on top of a reader. One thread at a time.
//
// A savepoint marks where a change began: when the change is refused, RollBack() takes back what it
// wrote. Values are kept as bytes, so that what a later change reads is what a restart would read.
class Overlay : public Reader {
 public:
  explicit Overlay(const Reader& base) : base_(&base) {}

  bool Get(Family family, std::string_view key, std::string* value) const override;
  void Scan(Family family, std::string_view prefix, const Visitor& visit) const override;

  void Put(Family family, std::string key, std::string value);
  void Delete(Family family, std::string key);

  // One savepoint at a time: Begin(), then either Commit() or RollBack().
  void Begin();
  void Commit();
  void RollBack();
  bool in_savepoint() const { return in_savepoint_; }

  // Calls `write` for every row written, deleted ones without a value. No order within a family.
  using WriteVisitor = std::function<void(Family family, const std::string& key,
                                          const std::optional<std::string>& value)>;
  void ForEachWrite(const WriteVisitor& write) const;

  void Clear();
  size_t write_count() const;

 private:
  // Found by std::string_view without a copy. (Debian's absl::string_view is another type.)
  struct KeyHash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const {
      return absl::Hash<absl::string_view>()(absl::string_view(key.data(), key.size()));
    }
  };
  // Nodes, so that the journal can point at them.
  using Rows =
      absl::node_hash_map<std::string, std::optional<std::string>, KeyHash, std::equal_to<>>;

  // How a row was before the change at hand.
  struct Undo {
    Family family;
    Rows::value_type* row;
    bool inserted;
    std::optional<std::string> value;
  };

  void Write(Family family, std::string key, std::optional<std::string> value);

  const Reader* base_;
  Rows rows_[kFamilyCount];
  std::vector<Undo> journal_;
  bool in_savepoint_ = false;
};

// A reader without rows.
class EmptyReader : public Reader {
 public:
  bool Get(Family, std::string_view, std::string*) const override { return false; }
  void Scan(Family, std::string_view, const Visitor&) const override {}
};

// Typed access: rows are protobuf messages; no unknown fields, no maps, so their bytes are
// deterministic.
template <typename Row>
bool GetRow(const Reader& reader, Family family, std::string_view key, Row* row) {
  std::string value;
  if (!reader.Get(family, key, &value)) return false;
  Require(row->ParseFromString(value), "a row of the views can be read");
  return true;
}

template <typename Row>
void PutRow(Overlay* overlay, Family family, std::string key, const Row& row) {
  overlay->Put(family, std::move(key), row.SerializeAsString());
}

}  // namespace carnet::domain
