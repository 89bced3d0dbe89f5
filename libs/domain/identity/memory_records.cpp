#include "domain/identity/memory_records.h"

#include <algorithm>

#include "domain/identity/facts.h"

namespace carnet::domain::identity {

void MemoryRecords::Put(const Uuid& id, carnet::log::v1::IdentityRow row) {
  std::unique_ptr<Card>& card = cards_[id];
  if (card != nullptr) {
    ForEachSharedValue(card->row, [&](carnet::v1::IdentityTokenKind kind, uint64_t token) {
      by_value_[{kind, token}].erase(id);
    });
  }
  card = std::make_unique<Card>(MakeCard(id, std::move(row)));
  ForEachSharedValue(card->row, [&](carnet::v1::IdentityTokenKind kind, uint64_t token) {
    by_value_[{kind, token}].insert(id);
  });
}

const Card* MemoryRecords::Find(const Uuid& id) const {
  const auto found = cards_.find(id);
  return found == cards_.end() ? nullptr : found->second.get();
}

std::vector<Uuid> MemoryRecords::With(carnet::v1::IdentityTokenKind kind, uint64_t token,
                                      uint32_t* count) const {
  const auto found = by_value_.find({kind, token});
  *count = found == by_value_.end() ? 0 : static_cast<uint32_t>(found->second.size());
  if (*count == 0 || *count > kMaxRecords) return {};
  return {found->second.begin(), found->second.end()};
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
