#include "domain/identity/suggestions.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "domain/identity/facts.h"

namespace carnet::domain::identity {

std::vector<Suggestion> Suggest(const Records& records, const Uuid& customer,
                                const CustomerOf& customer_of) {
  const Clusterer clusterer(records);
  const auto [own_id, members] = customer_of(customer);
  std::set<Uuid> candidates;
  for (const Uuid& id : members) {
    ForEachSharedValue(records.Find(id)->row,
                       [&](carnet::v1::IdentityTokenKind kind, uint64_t token) {
                         for (const Uuid& other : records.With(kind, token).ids)
                           candidates.insert(other);
                       });
  }
  std::map<Uuid, std::vector<Uuid>> customers;
  for (const Uuid& id : candidates) {
    auto [other, others] = customer_of(id);
    if (other != own_id) customers.emplace(other, std::move(others));
  }
  std::vector<Suggestion> suggestions;
  for (const auto& [other, others] : customers) {
    Suggestion best{.customer = other, .score = kSuggested - 1};
    bool ruled_out = false;
    for (const Uuid& one : members) {
      for (const Uuid& two : others) {
        const Card& a = *records.Find(one);
        const Card& b = *records.Find(two);
        ruled_out = ruled_out || SaidDifferent(a, b);
        const Pair pair = CompareForSuggestion(a, b, clusterer);
        if (pair.score <= best.score) continue;
        best.score = pair.score;
        best.evidence = pair.evidence;
        best.own = one;
        best.other = two;
      }
    }
    if (!ruled_out && best.score >= kSuggested) suggestions.push_back(best);
  }
  std::sort(suggestions.begin(), suggestions.end(), [](const Suggestion& a, const Suggestion& b) {
    return std::tuple(-a.score, a.customer) < std::tuple(-b.score, b.customer);
  });
  return suggestions;
}

}  // namespace carnet::domain::identity
