#include "domain/identity/clusters.h"

#include <algorithm>
#include <deque>
#include <tuple>

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
  bool MayJoin(size_t a, size_t b) const {
    const auto& of_a = members_[group_[a]];
    const auto& of_b = members_[group_[b]];
    if (of_a.size() + of_b.size() > kMaxMembers) return false;
    for (const size_t one : of_a) {
      for (const size_t two : of_b) {
        if (SaidDifferent(*cards_[one], *cards_[two])) return false;
        if (InConflict(*cards_[one], *cards_[two])) return false;
      }
    }
    return true;
  }

 private:
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
  uint32_t count = 0;
  std::vector<const SeenName*> names;
  bool landline = false;
  for (const Uuid& id : records_->With(kind, token, &count)) {
    const Card* const card = records_->Find(id);
    const Card::Value* const value = card->Find(kind, token);
    if (value == nullptr) continue;
    landline = landline || value->line == carnet::v1::VALUE_FLAG_LANDLINE;
    if (!card->names.empty()) names.push_back(&card->name(0));
  }
  if (count > kMaxRecords) return 0;
  const int limit = kind == kEmail ? kEmailNames : landline ? kLandlineNames : kMobileNames;
  const int people = std::max(1, CountNames(std::move(names), limit));
  known->second = people < limit ? people : 0;
  return known->second;
}

bool Clusterer::IsAloneAtHome(const Card& card, const Card& visitor) const {
  if (card.row.addresses().empty() || card.names.empty()) return false;
  bool known = false;
  for (const auto& address : card.row.addresses()) {
    uint32_t count = 0;
    for (const Uuid& id :
         records_->With(carnet::v1::IDENTITY_TOKEN_KIND_ADDRESS_FULL, address.full(), &count)) {
      if (id == card.id || id == visitor.id) continue;
      if (CompareNames(card, *records_->Find(id)) > NameRelation::kFamily) return false;
    }
    if (count > kMaxAtHome) return false;
    known = true;
  }
  return known;
}

uint32_t Clusterer::RecordsNamed(uint64_t full_name) const {
  uint32_t count = 0;
  records_->With(carnet::v1::IDENTITY_TOKEN_KIND_NAME_FULL, full_name, &count);
  return count;
}

const Pair& Clusterer::Compared(const Card& a, const Card& b) const {
  const auto key = std::minmax(a.id, b.id);
  const auto [found, is_new] = pairs_.try_emplace({key.first, key.second});
  if (is_new) found->second = ComparePair(a, b, *this);
  return found->second;
}

std::set<Uuid> Clusterer::Sharing(const Card& card) const {
  std::set<Uuid> others;
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
    uint32_t count = 0;
    for (const Uuid& id : records_->With(kind, token, &count)) {
      if (id != card.id) others.insert(id);
    }
  });
  return others;
}

std::vector<Uuid> Clusterer::Neighbourhood(const Uuid& id) const {
  std::set<Uuid> reached = {id};
  std::deque<Uuid> open = {id};
  while (!open.empty() && reached.size() <= kMaxNeighbourhood) {
    const Card* const card = records_->Find(open.front());
    open.pop_front();
    for (const Decision& decision : card->row.decisions()) {
      const auto other = Uuid::FromBytes(decision.other());
      if (decision.same() && reached.insert(*other).second) open.push_back(*other);
    }
    for (const Uuid& other : Sharing(*card)) {
      if (reached.contains(other)) continue;
      if (!Compared(*card, *records_->Find(other)).automatic()) continue;
      reached.insert(other);
      open.push_back(other);
    }
  }
  return {reached.begin(), reached.end()};
}

std::vector<Cluster> Clusterer::Divide(const std::vector<Uuid>& neighbourhood) const {
  std::vector<const Card*> cards;
  std::map<Uuid, size_t> places;
  for (const Uuid& id : neighbourhood) {
    places.emplace(id, cards.size());
    cards.push_back(records_->Find(id));
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
      const auto other = places.find(*Uuid::FromBytes(decision.other()));
      if (!decision.same() || other == places.end() || other->second <= i) continue;
      links.push_back({.first = cards[i]->id, .second = other->first, .by_person = true});
      if (groups.GroupOf(i) != groups.GroupOf(other->second)) groups.Join(i, other->second);
    }
    for (const Uuid& id : Sharing(*cards[i])) {
      const auto other = places.find(id);
      if (other == places.end() || other->second <= i) continue;
      const Pair& pair = Compared(*cards[i], *cards[other->second]);
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

  std::map<size_t, Cluster> clusters;
  for (size_t i = 0; i < cards.size(); ++i) {
    clusters[groups.GroupOf(i)].members.push_back(cards[i]->id);
  }
  for (const Link& link : links) {
    clusters[groups.GroupOf(places.at(link.first))].links.push_back(link);
  }
  std::vector<Cluster> sorted;
  for (auto& [group, cluster] : clusters) sorted.push_back(std::move(cluster));
  return sorted;
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
