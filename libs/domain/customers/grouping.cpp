#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "carnet/log/v1/identity_rows.pb.h"
#include "domain/customers/links.h"
#include "domain/customers/membership.h"
#include "domain/keys.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::CustomerRow;
using carnet::log::v1::IdentityRow;
using carnet::log::v1::LinkEdge;
using carnet::log::v1::RecordRow;
using identity::Card;
using identity::Cluster;
using identity::Link;

Uuid CustomerIdOf(const Card& card) {
  return Uuid::FromBytes(card.row.customer_id()).value_or(card.id);
}

// Oldest first: by the change that created the record, then (two created by one change) by id.
void SortByAge(const identity::Records& records, std::vector<Uuid>* members) {
  std::vector<std::pair<uint64_t, Uuid>> ages;
  for (const Uuid& member : *members)
    ages.emplace_back(records.Find(member)->row.created_change_number(), member);
  std::sort(ages.begin(), ages.end());
  for (size_t i = 0; i < ages.size(); ++i) (*members)[i] = ages[i].second;
}

// Lets a record, its account and its identity know which customer it belongs to.
void MoveRecord(Step* step, const Uuid& record, const Uuid& to, bool alone) {
  const std::string key = RecordKey(step->merchant_name(), record);
  const std::string customer_id = alone ? "" : std::string(to.bytes());
  RecordRow row;
  GetRow(step->state, Family::kRecords, key, &row);
  row.set_customer_id(customer_id);
  PutRow(&step->state, Family::kRecords, key, row);
  IdentityRow identity;
  if (!GetRow(step->state, Family::kIdentity, key, &identity))
    identity.set_created_change_number(row.created_change_number());
  identity.set_customer_id(customer_id);
  PutRow(&step->state, Family::kIdentity, key, identity);
  AccountRow account;
  const bool has_account = GetRow(step->state, Family::kAccounts, key, &account);
  account.set_customer_id(customer_id);
  if (has_account && account.ByteSizeLong() == 0) {
    step->state.Delete(Family::kAccounts, key);  // it stood there for the link alone
  } else if (has_account || !alone) {
    PutRow(&step->state, Family::kAccounts, key, account);
  }
}

bool SameLink(const LinkEdge& edge, const Link& link) {
  return edge.first() == link.first.bytes() && edge.second() == link.second.bytes() &&
         edge.by_rules() != link.by_person;
}

// The row of a customer of several records. A link that was there keeps since when.
CustomerRow MakeRow(const Step& step, const identity::Records& records, const Cluster& cluster,
                    const std::vector<LinkEdge>& known) {
  CustomerRow row;
  for (const Uuid& member : cluster.members) row.add_members(std::string(member.bytes()));
  std::vector<Link> links = cluster.links;
  std::sort(links.begin(), links.end(), [](const Link& a, const Link& b) {
    return std::tuple(a.first, a.second, a.by_person) < std::tuple(b.first, b.second, b.by_person);
  });
  for (const Link& link : links) {
    LinkEdge* const edge = row.add_edges();
    edge->set_first(std::string(link.first.bytes()));
    edge->set_second(std::string(link.second.bytes()));
    edge->set_by_rules(!link.by_person);
    edge->set_score(link.score);
    edge->set_evidence(link.evidence);
    edge->set_change_number(step.number);
    edge->set_recorded_at_micros(step.recorded_at);
    if (link.by_person) {
      for (const auto& decision : records.Find(link.first)->row.decisions()) {
        if (decision.other() != link.second.bytes()) continue;
        edge->set_change_number(decision.change_number());
        edge->set_recorded_at_micros(decision.recorded_at_micros());
      }
      continue;
    }
    for (const LinkEdge& before : known) {
      if (!SameLink(before, link)) continue;
      edge->set_change_number(before.change_number());
      edge->set_recorded_at_micros(before.recorded_at_micros());
    }
  }
  return row;
}

}  // namespace

void WriteCustomers(Step* step, const identity::Records& records,
                    const std::map<Uuid, CustomerRow>& former, std::vector<Cluster> clusters) {
  const std::string& merchant = step->merchant_name();
  for (Cluster& cluster : clusters) SortByAge(records, &cluster.members);
  std::sort(clusters.begin(), clusters.end(),
            [](const Cluster& a, const Cluster& b) { return a.members[0] < b.members[0]; });

  std::vector<LinkEdge> known;
  for (const auto& [customer, row] : former) {
    known.insert(known.end(), row.edges().begin(), row.edges().end());
  }

  // Whatever stood together and does so no more parts first; then what is one now comes together.
  std::map<std::pair<Uuid, size_t>, Uuid> fragments;  // former customer, cluster → oldest there
  for (size_t i = 0; i < clusters.size(); ++i) {
    for (const Uuid& member : clusters[i].members) {
      fragments.try_emplace({CustomerIdOf(*records.Find(member)), i}, member);
    }
  }
  for (const auto& [fragment, oldest] : fragments) {
    if (fragment.first != oldest) step->feed.CustomerUnlinked(fragment.first, oldest);
  }
  std::map<size_t, std::set<Uuid>> parts;
  for (const auto& [fragment, oldest] : fragments) parts[fragment.second].insert(oldest);
  for (const auto& [i, oldest_ones] : parts) {
    const Uuid& customer = clusters[i].members[0];
    for (const Uuid& oldest : oldest_ones) {
      if (oldest != customer) step->feed.CustomerLinked(customer, oldest);
    }
  }

  std::set<Uuid> written;
  for (const Cluster& cluster : clusters) {
    const Uuid& customer = cluster.members[0];
    const bool alone = cluster.members.size() == 1;
    bool came_or_went = false;
    for (const Uuid& member : cluster.members) {
      const Card& card = *records.Find(member);
      const bool was_alone = card.row.customer_id().empty();
      const Uuid from = CustomerIdOf(card);
      if (from == customer && was_alone == alone) continue;
      MoveRecord(step, member, customer, alone);
      came_or_went = true;
    }
    const auto before = former.find(customer);
    if (before != former.end())
      came_or_went |= before->second.members_size() != static_cast<int>(cluster.members.size());
    if (came_or_went) RememberMembers(step, cluster.members);
    if (alone) continue;
    written.insert(customer);
    const CustomerRow row = MakeRow(*step, records, cluster, known);
    if (before == former.end() || before->second.SerializeAsString() != row.SerializeAsString()) {
      PutRow(&step->state, Family::kLinks, CustomerKey(merchant, customer), row);
    }
  }
  for (const auto& [customer, row] : former) {
    if (!written.contains(customer))
      step->state.Delete(Family::kLinks, CustomerKey(merchant, customer));
  }
}

std::vector<Uuid> MembersOf(const Reader& state, std::string_view merchant, const Uuid& customer) {
  CustomerRow row;
  if (!GetRow(state, Family::kLinks, CustomerKey(merchant, customer), &row)) return {customer};
  std::vector<Uuid> members;
  for (const std::string& member : row.members())
    members.push_back(Uuid::FromBytes(member).value_or(Uuid()));
  return members;
}

}  // namespace carnet::domain
