// Which source records are one customer: a pure function of what is known of each and of what
// people have said, whatever the order in which it came.
//
// Records that share a value are compared in pairs. Of the pairs that reach kAutomatic with
// something strong, the one with the highest score is linked first (ties by id); two groups that
// hold a pair in conflict are never joined. So nobody is reached through a chain of strangers. What
// a record's links are depends only on the records that can be reached from it over such pairs, its
// neighbourhood; a change needs no others.
#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"

#include "base/uuid.h"
#include "domain/identity/evidence.h"

namespace carnet::domain::identity {

// The records that have or had a value.
struct Holders {
  uint32_t count = 0;
  std::vector<Uuid> ids;  // ascending; none where there are more than kMaxRecords
};

// Where the records come from. What it answers stays valid until that record or value changes.
class Records {
 public:
  virtual ~Records() = default;
  // Null: there is none.
  virtual const Card* Find(const Uuid& id) const = 0;
  virtual const Holders& With(carnet::v1::IdentityTokenKind kind, uint64_t token) const = 0;
};

// A link of a customer. Those of one customer make a tree, but for people's own, which are all
// there.
struct Link {
  Uuid first;  // the smaller
  Uuid second;
  bool by_person = false;
  Score score = 0;
  uint32_t evidence = 0;

  bool operator==(const Link&) const = default;
};

// One customer: its members ascending, and what holds them together.
struct Cluster {
  std::vector<Uuid> members;
  std::vector<Link> links;
};

// The most records that the rules put into one customer.
inline constexpr size_t kMaxMembers = 40;
// The most records that are looked at together. Beyond it lies no shop's reality but somebody's
// game: then the rules link none of them.
inline constexpr size_t kMaxNeighbourhood = 400;

// One look at the records, while they stay as they are. Remembers what it has compared.
class Clusterer : public Surroundings {
 public:
  explicit Clusterer(const Records& records) : records_(&records) {}

  int NamesOn(carnet::v1::IdentityTokenKind kind, uint64_t token) const override;
  bool IsAloneAtHome(const Card& card, const Card& visitor) const override;
  uint32_t RecordsNamed(uint64_t full_name) const override;

  // The records that have something to do with `id` by the rules or by a person's word, and those
  // that have to do with them, and so on; ascending. More than kMaxNeighbourhood are not followed.
  std::vector<Uuid> Neighbourhood(const Uuid& id) const;

  // The customers among a whole neighbourhood.
  std::vector<Cluster> Divide(const std::vector<Uuid>& neighbourhood) const;

  // The customers in the neighbourhood of a record. Of one that is too large to look at, only what
  // people's links make of that record.
  std::vector<Cluster> CustomersAround(const Uuid& id) const;

  // The records that share a value with a card, ascending, and how they compare.
  const std::vector<const Card*>& Sharing(const Card& card) const;
  Pair Compared(const Card& a, const Card& b) const;

 private:
  const Records* records_;
  mutable absl::flat_hash_map<std::pair<int, uint64_t>, int> names_on_;
  // For look-ups alone; the smaller id is first.
  mutable absl::flat_hash_map<std::pair<const Card*, const Card*>, Pair> pairs_;
  mutable absl::node_hash_map<const Card*, std::vector<const Card*>> sharing_;
};

// What people said last of two records.
bool SaidSame(const Card& a, const Card& b);
bool SaidDifferent(const Card& a, const Card& b);

// The records that people's links hold together with one, itself among them.
std::set<Uuid> HeldByPeople(const Records& records, const Uuid& record);

}  // namespace carnet::domain::identity
