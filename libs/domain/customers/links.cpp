#include "domain/customers/links.h"

#include <algorithm>
#include <deque>
#include <set>
#include <string>
#include <utility>

#include "domain/customers/membership.h"
#include "domain/keys.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::CustomerRow;
using carnet::log::v1::LinkEdge;
using carnet::log::v1::RecordRow;

Uuid IdOf(const std::string& bytes) { return Uuid::FromBytes(bytes).value_or(Uuid()); }

// "customers/{id}" or the id alone.
std::optional<Uuid> ParseCustomer(std::string_view text) {
  constexpr std::string_view kPrefix = "customers/";
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  return Uuid::Parse(text);
}

bool GetRecord(const Step& step, const Uuid& record, RecordRow* row) {
  return GetRow(step.state, Family::kRecords, RecordKey(step.merchant_name(), record), row);
}

// The customer a record belongs to.
Uuid CustomerOf(const RecordRow& row, const Uuid& record) {
  return row.customer_id().empty() ? record : IdOf(row.customer_id());
}

CustomerRow ReadCustomer(const Step& step, const Uuid& customer) {
  CustomerRow row;
  if (!GetRow(step.state, Family::kLinks, CustomerKey(step.merchant_name(), customer), &row)) {
    row.add_members(std::string(customer.bytes()));
  }
  return row;
}

// Oldest first: by the change that created the record, then (two created by one change) by id.
std::vector<Uuid> SortedByAge(const Step& step, const std::set<Uuid>& records) {
  std::vector<std::pair<uint64_t, Uuid>> aged;
  for (const Uuid& record : records) {
    RecordRow row;
    GetRecord(step, record, &row);
    aged.emplace_back(row.created_change_number(), record);
  }
  std::sort(aged.begin(), aged.end());
  std::vector<Uuid> sorted;
  for (const auto& [number, record] : aged) sorted.push_back(record);
  return sorted;
}

// Makes `members` one customer held together by `edges`, and lets each of its records know.
Uuid WriteCustomer(Step* step, const std::set<Uuid>& members, std::vector<LinkEdge> edges) {
  const std::vector<Uuid> sorted = SortedByAge(*step, members);
  const Uuid customer = sorted.front();
  const std::string& merchant = step->merchant_name();
  RememberMembers(step, sorted);
  for (const Uuid& member : sorted) {
    const std::string customer_id = sorted.size() == 1 ? "" : std::string(customer.bytes());
    RecordRow row;
    GetRecord(*step, member, &row);
    row.set_customer_id(customer_id);
    PutRow(&step->state, Family::kRecords, RecordKey(merchant, member), row);
    AccountRow account;
    const std::string account_key = RecordKey(merchant, member);
    const bool has_account = GetRow(step->state, Family::kAccounts, account_key, &account);
    account.set_customer_id(customer_id);
    if (has_account || !customer_id.empty()) {
      PutRow(&step->state, Family::kAccounts, account_key, account);
    }
  }
  if (sorted.size() == 1) {
    step->state.Delete(Family::kLinks, CustomerKey(merchant, customer));
    return customer;
  }
  std::sort(edges.begin(), edges.end(), [](const LinkEdge& a, const LinkEdge& b) {
    return std::pair(a.first(), a.second()) < std::pair(b.first(), b.second());
  });
  CustomerRow row;
  for (const Uuid& member : sorted) row.add_members(std::string(member.bytes()));
  for (LinkEdge& edge : edges) *row.add_edges() = std::move(edge);
  PutRow(&step->state, Family::kLinks, CustomerKey(merchant, customer), row);
  return customer;
}

bool SameEdge(const LinkEdge& edge, const Uuid& a, const Uuid& b) {
  return edge.first() == std::min(a, b).bytes() && edge.second() == std::max(a, b).bytes();
}

// The records that can be reached from `start` over `edges`.
std::set<Uuid> Reachable(const Uuid& start, const std::vector<LinkEdge>& edges) {
  std::set<Uuid> reached = {start};
  std::deque<Uuid> open = {start};
  while (!open.empty()) {
    const Uuid at = open.front();
    open.pop_front();
    for (const LinkEdge& edge : edges) {
      const Uuid first = IdOf(edge.first());
      const Uuid second = IdOf(edge.second());
      if (first != at && second != at) continue;
      const Uuid other = first == at ? second : first;
      if (reached.insert(other).second) open.push_back(other);
    }
  }
  return reached;
}

std::set<Uuid> MembersOfRow(const CustomerRow& row) {
  std::set<Uuid> members;
  for (const std::string& member : row.members()) members.insert(IdOf(member));
  return members;
}

Verdict NotFound(std::string_view text) {
  return Verdict::Rejected(reason::kNotFound, "there is no customer " + std::string(text));
}

}  // namespace

Verdict LinkRecords(Step* step, const Uuid& a, const Uuid& b) {
  RecordRow row_a;
  RecordRow row_b;
  if (!GetRecord(*step, a, &row_a)) return NotFound(a.ToString());
  if (!GetRecord(*step, b, &row_b)) return NotFound(b.ToString());
  const Uuid customer_a = CustomerOf(row_a, a);
  const Uuid customer_b = CustomerOf(row_b, b);
  const CustomerRow of_a = ReadCustomer(*step, customer_a);
  std::vector<LinkEdge> edges(of_a.edges().begin(), of_a.edges().end());
  const bool known = a == b || std::any_of(edges.begin(), edges.end(), [&](const LinkEdge& edge) {
                       return SameEdge(edge, a, b);
                     });
  if (known) {
    step->Flag(flag::kNoChange);
    return Verdict::Applied();
  }
  std::set<Uuid> members = MembersOfRow(of_a);
  if (customer_a != customer_b) {
    const CustomerRow of_b = ReadCustomer(*step, customer_b);
    members.merge(MembersOfRow(of_b));
    edges.insert(edges.end(), of_b.edges().begin(), of_b.edges().end());
    if (members.size() > kMaxMembers) {
      return Verdict::Rejected(reason::kTooManyMembers,
                               "together they would have " + std::to_string(members.size()) +
                                   " source records; the most is " + std::to_string(kMaxMembers));
    }
  }
  LinkEdge& edge = edges.emplace_back();
  edge.set_first(std::string(std::min(a, b).bytes()));
  edge.set_second(std::string(std::max(a, b).bytes()));
  edge.set_change_number(step->number);
  edge.set_recorded_at_micros(step->recorded_at);
  const Uuid customer = WriteCustomer(step, members, std::move(edges));
  if (customer_a != customer_b) {
    const Uuid absorbed = customer == customer_a ? customer_b : customer_a;
    step->state.Delete(Family::kLinks, CustomerKey(step->merchant_name(), absorbed));
    step->feed.CustomerLinked(customer, absorbed);
  }
  return Verdict::Applied();
}

Verdict ApplyLink(Step* step, const carnet::v1::LinkCustomers& link) {
  const auto a = ParseCustomer(link.customer());
  const auto b = ParseCustomer(link.other());
  if (!a) return NotFound(link.customer());
  if (!b) return NotFound(link.other());
  return LinkRecords(step, *a, *b);
}

Verdict ApplyUnlink(Step* step, const carnet::v1::UnlinkCustomers& unlink) {
  const auto a = ParseCustomer(unlink.customer());
  const auto b = ParseCustomer(unlink.other());
  RecordRow row_a;
  RecordRow row_b;
  if (!a || !GetRecord(*step, *a, &row_a)) return NotFound(unlink.customer());
  if (!b || !GetRecord(*step, *b, &row_b)) return NotFound(unlink.other());
  const Uuid customer = CustomerOf(row_a, *a);
  const CustomerRow row = ReadCustomer(*step, customer);
  std::vector<LinkEdge> edges;
  for (const LinkEdge& edge : row.edges()) {
    if (!SameEdge(edge, *a, *b)) edges.push_back(edge);
  }
  if (edges.size() == static_cast<size_t>(row.edges_size())) {
    step->Flag(flag::kNoChange);
    return Verdict::Applied();
  }
  const std::set<Uuid> side_a = Reachable(*a, edges);
  if (side_a.contains(*b)) {  // still held together by other edges
    WriteCustomer(step, side_a, std::move(edges));
    return Verdict::Applied();
  }
  const std::set<Uuid> side_b = Reachable(*b, edges);
  const auto edges_within = [&](const std::set<Uuid>& side) {
    std::vector<LinkEdge> within;
    for (const LinkEdge& edge : edges) {
      if (side.contains(IdOf(edge.first()))) within.push_back(edge);
    }
    return within;
  };
  const Uuid new_a = WriteCustomer(step, side_a, edges_within(side_a));
  const Uuid new_b = WriteCustomer(step, side_b, edges_within(side_b));
  step->feed.CustomerUnlinked(customer, customer == new_a ? new_b : new_a);
  return Verdict::Applied();
}

std::vector<Uuid> MembersOf(const Reader& state, std::string_view merchant, const Uuid& customer) {
  CustomerRow row;
  if (!GetRow(state, Family::kLinks, CustomerKey(merchant, customer), &row)) return {customer};
  std::vector<Uuid> members;
  for (const std::string& member : row.members()) members.push_back(IdOf(member));
  return members;
}

}  // namespace carnet::domain
