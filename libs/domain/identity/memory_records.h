// All records of one merchant in memory, and all its customers at once: what the fold, which looks
// only at what a change touches, must come to as well.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "domain/identity/clusters.h"

namespace carnet::domain::identity {

class MemoryRecords final : public Records {
 public:
  // Adds a record, or replaces what was known of it.
  void Put(const Uuid& id, carnet::log::v1::IdentityRow row);

  const Card* Find(const Uuid& id) const override;
  const Holders& With(carnet::v1::IdentityTokenKind kind, uint64_t token) const override;

  std::vector<Uuid> All() const;

 private:
  std::map<Uuid, std::unique_ptr<Card>> cards_;
  struct Value {
    std::set<Uuid> all;
    Holders holders;
  };
  void SetHolders(Value* value);

  std::map<std::pair<int, uint64_t>, Value> by_value_;
};

// Every customer, those of one record too; by first members.
std::vector<Cluster> ClusterAll(const MemoryRecords& records);

}  // namespace carnet::domain::identity
