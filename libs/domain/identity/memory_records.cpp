#include "domain/identity/memory_records.h"

#include <algorithm>

#include "domain/identity/facts.h"

namespace carnet::domain::identity {

void MemoryRecords::Put(const Uuid& id, carnet::log::v1::IdentityRow row) {
  std::unique_ptr<Card>& card = cards_[id];
  if (card != nullptr) {
    ForEachSharedValue(card->row, [&](carnet::v1::IdentityTokenKind kind, uint64_t token) {
      Value& value = by_value_[{kind, token}];
      value.all.erase(id);
      SetHolders(&value);
    });
  }
  card = std::make_unique<Card>(MakeCard(id, std::move(row)));
  ForEachSharedValue(card->row, [&](carnet::v1::IdentityTokenKind kind, uint64_t token) {
    Value& value = by_value_[{kind, token}];
    value.all.insert(id);
    SetHolders(&value);
  });
}

void MemoryRecords::SetHolders(Value* value) {
  value->holders.count = static_cast<uint32_t>(value->all.size());
  value->holders.ids.clear();
  if (value->all.size() <= kMaxRecords)
    value->holders.ids.assign(value->all.begin(), value->all.end());
}

const Card* MemoryRecords::Find(const Uuid& id) const {
  const auto found = cards_.find(id);
  return found == cards_.end() ? nullptr : found->second.get();
}

const Holders& MemoryRecords::With(carnet::v1::IdentityTokenKind kind, uint64_t token) const {
  static const auto* const kNone = new Holders();
  const auto found = by_value_.find({kind, token});
  return found == by_value_.end() ? *kNone : found->second.holders;
}

std::vector<Uuid> MemoryRecords::All() const {
  std::vector<Uuid> all;
  for (const auto& [id, card] : cards_) all.push_back(id);
  return all;
}

std::vector<Cluster> ClusterAll(const MemoryRecords& records) {
  const Clusterer clusterer(records);
  std::vector<Cluster> all;
  std::set<Uuid> done;
  for (const Uuid& id : records.All()) {
    if (done.contains(id)) continue;
    for (Cluster& cluster : clusterer.CustomersAround(id)) {
      done.insert(cluster.members.begin(), cluster.members.end());
      all.push_back(std::move(cluster));
    }
  }
  std::sort(all.begin(), all.end(),
            [](const Cluster& a, const Cluster& b) { return a.members < b.members; });
  return all;
}

}  // namespace carnet::domain::identity
