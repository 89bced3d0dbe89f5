#include "domain/identity/clusters.h"

#include <algorithm>
#include <deque>
#include <tuple>

#include "absl/container/flat_hash_set.h"

#include "domain/identity/facts.h"

namespace carnet::domain::identity {
namespace {

using carnet::log::v1::Decision;
using carnet::log::v1::SeenName;
using carnet::v1::IdentityTokenKind;

constexpr auto kPhone = carnet::v1::IDENTITY_TOKEN_KIND_PHONE;
constexpr auto kEmail = carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_CANONICAL;

const Decision* FindDecision(const Card& a, const Card& b) {
  for (const Decision& decision : a.row.decisions()) {
    if (decision.other() == b.id.bytes()) return &decision;
  }
  return nullptr;
}

bool IsOneName(NameRelation relation) { return relation <= NameRelation::kFamily; }

// How many people the names stand for: each name joins the first fuller one that it agrees with.
// Counts to `limit` at most.
int CountNames(std::vector<const SeenName*> names, int limit) {
  std::sort(names.begin(), names.end(), [](const SeenName* a, const SeenName* b) {
    const auto rank = [](const SeenName& name) {
      int letters = 0;
      for (const auto& part : name.parts()) letters += part.deletions_size();
      return std::tuple(-name.parts_size(), -letters, name.full());
    };
    return rank(*a) < rank(*b);
  });
  std::vector<const SeenName*> people;
  for (const SeenName* name : names) {
    const bool known = std::any_of(people.begin(), people.end(), [&](const SeenName* other) {
      return IsOneName(Compare(*name, *other));
    });
    if (!known) people.push_back(name);
    if (static_cast<int>(people.size()) == limit) break;
  }
  return static_cast<int>(people.size());
}

// Groups of records that grow together.
class Groups {
 public:
  explicit Groups(std::vector<const Card*> cards) : cards_(std::move(cards)) {
    for (size_t i = 0; i < cards_.size(); ++i) {
      group_.push_back(i);
      members_.push_back({i});
    }
  }
  size_t GroupOf(size_t card) const { return group_[card]; }
  void Join(size_t a, size_t b) {
    const size_t to = std::min(group_[a], group_[b]);
    const size_t from = std::max(group_[a], group_[b]);
    for (const size_t member : members_[from]) group_[member] = to;
    members_[to].insert(members_[to].end(), members_[from].begin(), members_[from].end());
    members_[from].clear();
  }
  // Whether the rules may join the groups of two cards.
  bool MayJoin(size_t a, size_t b) {
    const auto& of_a = members_[group_[a]];
    const auto& of_b = members_[group_[b]];
    if (of_a.size() + of_b.size() > kMaxMembers) return false;
    for (const size_t one : of_a) {
      for (const size_t two : of_b) {
        if (!MayMeet(one, two)) return false;
      }
    }
    return true;
  }

 private:
  bool MayMeet(size_t a, size_t b) {
    const auto [known, is_new] = may_meet_.try_emplace(std::minmax(a, b), false);
    if (is_new)
      known->second = !SaidDifferent(*cards_[a], *cards_[b]) && !InConflict(*cards_[a], *cards_[b]);
    return known->second;
  }

  absl::flat_hash_map<std::pair<size_t, size_t>, bool> may_meet_;
  std::vector<const Card*> cards_;
  std::vector<size_t> group_;
  std::vector<std::vector<size_t>> members_;
};

}  // namespace

bool SaidSame(const Card& a, const Card& b) {
  const Decision* const decision = FindDecision(a, b);
  return decision != nullptr && decision->same();
}

bool SaidDifferent(const Card& a, const Card& b) {
  const Decision* const decision = FindDecision(a, b);
  return decision != nullptr && !decision->same();
}

int Clusterer::NamesOn(IdentityTokenKind kind, uint64_t token) const {
  const auto [known, is_new] = names_on_.try_emplace({kind, token}, 0);
  if (!is_new) return known->second;
  const Holders& holders = records_->With(kind, token);
  if (holders.count > kMaxRecords) return 0;
  std::vector<const SeenName*> names;
  bool landline = false;
  for (const Uuid& id : holders.ids) {
    const Card* const card = records_->Find(id);
    const Card::Value* const value = card->Find(kind, token);
    if (value == nullptr) continue;
    landline = landline || value->line == carnet::v1::VALUE_FLAG_LANDLINE;
    if (!card->names.empty()) names.push_back(&card->name(0));
  }
  const int limit = kind == kEmail ? kEmailNames : landline ? kLandlineNames : kMobileNames;
  const int people = std::max(1, CountNames(std::move(names), limit));
  known->second = people < limit ? people : 0;
  return known->second;
}

bool Clusterer::IsAloneAtHome(const Card& card, const Card& visitor) const {
  if (card.row.addresses().empty() || card.names.empty()) return false;
  bool known = false;
  for (const auto& address : card.row.addresses()) {
    const auto [kind, token] = HomeOf(address);
    const Holders& at_home = records_->With(kind, token);
    if (at_home.count > kMaxAtHome) return false;
    for (const Uuid& id : at_home.ids) {
      if (id == card.id || id == visitor.id) continue;
      if (CompareNames(card, *records_->Find(id)) > NameRelation::kFamily) return false;
    }
    known = true;
  }
  return known;
}

uint32_t Clusterer::RecordsNamed(uint64_t full_name) const {
  return records_->With(carnet::v1::IDENTITY_TOKEN_KIND_NAME_FULL, full_name).count;
}

Pair Clusterer::Compared(const Card& a, const Card& b) const {
  const bool in_order = a.id < b.id;
  const std::pair pair(in_order ? &a : &b, in_order ? &b : &a);
  const auto found = pairs_.find(pair);
  if (found != pairs_.end()) return found->second;
  return pairs_.emplace(pair, ComparePair(a, b, *this)).first->second;
}

const std::vector<const Card*>& Clusterer::Sharing(const Card& card) const {
  const auto [found, is_new] = sharing_.try_emplace(&card);
  std::vector<const Card*>& others = found->second;
  if (!is_new) return others;
  ForEachSharedValue(card.row, [&](IdentityTokenKind kind, uint64_t token) {
    switch (kind) {
      case kPhone:
      case kEmail:
        if (card.Find(kind, token) == nullptr || NamesOn(kind, token) == 0) return;
        break;
      case carnet::v1::IDENTITY_TOKEN_KIND_COMPANY_NUMBER:
      case carnet::v1::IDENTITY_TOKEN_KIND_BIRTH_DATE:
        break;
      default:
        return;  // never links by itself
    }
    for (const Uuid& id : records_->With(kind, token).ids) {
      if (id != card.id) others.push_back(records_->Find(id));
    }
  });
  std::sort(others.begin(), others.end(),
            [](const Card* a, const Card* b) { return a->id < b->id; });
  others.erase(std::unique(others.begin(), others.end()), others.end());
  return others;
}

std::vector<Uuid> Clusterer::Neighbourhood(const Uuid& id) const {
  std::vector<const Card*> reached = {records_->Find(id)};
  absl::flat_hash_set<const Card*> known = {reached[0]};
  for (size_t i = 0; i < reached.size() && reached.size() <= kMaxNeighbourhood; ++i) {
    const Card& card = *reached[i];
    for (const Decision& decision : card.row.decisions()) {
      if (!decision.same()) continue;
      const Card* const other = records_->Find(*Uuid::FromBytes(decision.other()));
      if (known.insert(other).second) reached.push_back(other);
    }
    for (const Card* const other : Sharing(card)) {
      if (known.contains(other) || !Compared(card, *other).automatic()) continue;
      known.insert(other);
      reached.push_back(other);
    }
  }
  std::vector<Uuid> ids;
  for (const Card* const card : reached) ids.push_back(card->id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<Cluster> Clusterer::Divide(const std::vector<Uuid>& neighbourhood) const {
  std::vector<const Card*> cards;
  absl::flat_hash_map<const Card*, size_t> places;
  for (const Uuid& id : neighbourhood) {
    cards.push_back(records_->Find(id));
    places.emplace(cards.back(), places.size());
  }
  Groups groups(cards);
  std::vector<Link> links;

  // What people say outranks the rules.
  struct Candidate {
    Score score;
    size_t a;
    size_t b;
    uint32_t evidence;
  };
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < cards.size(); ++i) {
    for (const Decision& decision : cards[i]->row.decisions()) {
      if (!decision.same()) continue;
      const auto other = places.find(records_->Find(*Uuid::FromBytes(decision.other())));
      if (other == places.end() || other->second <= i) continue;
      links.push_back({.first = cards[i]->id, .second = other->first->id, .by_person = true});
      if (groups.GroupOf(i) != groups.GroupOf(other->second)) groups.Join(i, other->second);
    }
    for (const Card* const sharing : Sharing(*cards[i])) {
      const auto other = places.find(sharing);
      if (other == places.end() || other->second <= i) continue;
      const Pair pair = Compared(*cards[i], *sharing);
      if (pair.automatic()) candidates.push_back({pair.score, i, other->second, pair.evidence});
    }
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tuple(-a.score, a.a, a.b) < std::tuple(-b.score, b.a, b.b);
  });
  for (const Candidate& pair : candidates) {
    if (groups.GroupOf(pair.a) == groups.GroupOf(pair.b) || !groups.MayJoin(pair.a, pair.b))
      continue;
    groups.Join(pair.a, pair.b);
    links.push_back({.first = cards[pair.a]->id,
                     .second = cards[pair.b]->id,
                     .score = pair.score,
                     .evidence = pair.evidence});
  }

  std::vector<Cluster> clusters(cards.size());
  for (size_t i = 0; i < cards.size(); ++i) {
    clusters[groups.GroupOf(i)].members.push_back(cards[i]->id);
  }
  for (const Link& link : links) {
    clusters[groups.GroupOf(places.at(records_->Find(link.first)))].links.push_back(link);
  }
  clusters.erase(std::remove_if(clusters.begin(), clusters.end(),
                                [](const Cluster& cluster) { return cluster.members.empty(); }),
                 clusters.end());
  return clusters;
}

std::set<Uuid> HeldByPeople(const Records& records, const Uuid& record) {
  std::set<Uuid> held = {record};
  std::deque<Uuid> open = {record};
  while (!open.empty()) {
    const Card* const card = records.Find(open.front());
    open.pop_front();
    for (const Decision& decision : card->row.decisions()) {
      const Uuid other = *Uuid::FromBytes(decision.other());
      if (decision.same() && held.insert(other).second) open.push_back(other);
    }
  }
  return held;
}

std::vector<Cluster> Clusterer::CustomersAround(const Uuid& id) const {
  const std::vector<Uuid> neighbourhood = Neighbourhood(id);
  if (neighbourhood.size() <= kMaxNeighbourhood) return Divide(neighbourhood);
  const std::set<Uuid> held = HeldByPeople(*records_, id);
  Cluster alone{.members = {held.begin(), held.end()}, .links = {}};
  for (const Uuid& one : held) {
    for (const Decision& decision : records_->Find(one)->row.decisions()) {
      const Uuid other = *Uuid::FromBytes(decision.other());
      if (decision.same() && one < other)
        alone.links.push_back({.first = one, .second = other, .by_person = true});
    }
  }
  return {alone};
}

}  // namespace carnet::domain::identity
