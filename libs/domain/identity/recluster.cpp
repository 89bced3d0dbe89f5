#include "domain/identity/recluster.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "domain/customers/links.h"
#include "domain/identity/facts.h"
#include "domain/identity/shared_values.h"
#include "domain/keys.h"

namespace carnet::domain::identity {
namespace {

using carnet::log::v1::CustomerRow;
using carnet::log::v1::Decision;
using carnet::log::v1::IdentityRow;
using carnet::log::v1::RecordRow;
using carnet::v1::IdentityTokenKind;

using Values = std::set<std::pair<IdentityTokenKind, uint64_t>>;

Values ValuesOf(const IdentityRow& row) {
  Values values;
  ForEachSharedValue(row,
                     [&](IdentityTokenKind kind, uint64_t token) { values.emplace(kind, token); });
  return values;
}

bool Identifies(IdentityTokenKind kind) {
  return kind == carnet::v1::IDENTITY_TOKEN_KIND_PHONE ||
         kind == carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_CANONICAL;
}

// How many names each phone and e-mail has: where that changes, its other records weigh anew.
std::map<std::pair<IdentityTokenKind, uint64_t>, int> NamesOnAll(const Clusterer& clusterer,
                                                                 const Values& values) {
  std::map<std::pair<IdentityTokenKind, uint64_t>, int> names;
  for (const auto& [kind, token] : values) {
    if (Identifies(kind)) names[{kind, token}] = clusterer.NamesOn(kind, token);
  }
  return names;
}

// Records whose weight may hang on who else lives at these addresses: those that give no more than
// a family name, and have a number of somebody there.
void AddVisitors(const Records& records, const Clusterer& clusterer, const Values& values,
                 const Uuid& changed, std::set<Uuid>* seeds) {
  for (const auto& [kind, token] : values) {
    if (!IsHome(kind)) continue;
    const Holders& at_home = records.With(kind, token);
    if (at_home.count > kMaxAtHome + 1) continue;  // no home, before or after
    for (const Uuid& id : at_home.ids) {
      if (id == changed) continue;
      const Card& card = *records.Find(id);
      for (const Card* const other : clusterer.Sharing(card)) {
        const NameRelation names = CompareNames(card, *other);
        if (names == NameRelation::kFamily || names == NameRelation::kUnknown) {
          seeds->insert(id);
          seeds->insert(other->id);
        }
      }
    }
  }
}

std::string HomeAndNames(const IdentityRow& row) {
  IdentityRow part;
  for (const auto& address : row.addresses()) part.add_addresses()->set_full(address.full());
  for (const auto& name : row.names()) part.add_names()->set_full(name.full());
  if (row.has_company_name()) part.mutable_company_name()->set_full(row.company_name().full());
  part.set_type(row.type());
  return part.SerializeAsString();
}

// Divides the neighbourhoods of some records again; `records` are those of now.
void Divide(Step* step, const StoredRecords& records, const Clusterer& clusterer,
            const std::set<Uuid>& seeds) {
  const std::string& merchant = step->merchant_name();
  std::set<Uuid> done;
  std::map<Uuid, CustomerRow> former;  // customers that had any of them
  std::vector<Cluster> clusters;
  std::deque<Uuid> open(seeds.begin(), seeds.end());
  while (!open.empty()) {
    const Uuid id = open.front();
    open.pop_front();
    if (done.contains(id)) continue;
    for (Cluster& cluster : clusterer.CustomersAround(id)) {
      for (const Uuid& member : cluster.members) {
        done.insert(member);
        const auto customer = Uuid::FromBytes(records.Find(member)->row.customer_id());
        if (!customer || former.contains(*customer)) continue;
        CustomerRow& row = former[*customer];
        GetRow(step->state, Family::kLinks, CustomerKey(merchant, *customer), &row);
        // Who was linked with one of them may stand elsewhere now.
        for (const std::string& one : row.members()) open.push_back(*Uuid::FromBytes(one));
      }
      clusters.push_back(std::move(cluster));
    }
  }
  WriteCustomers(step, records, former, std::move(clusters));
}

// Whether nobody is weighed against the record, before and after: as most are. (That many have a
// name brings nobody together.)
bool StandsAlone(const StoredRecords& records, const Uuid& record, const IdentityRow& row,
                 const Values& values) {
  if (!row.customer_id().empty() || !row.decisions().empty()) return false;
  return std::all_of(values.begin(), values.end(), [&](const auto& value) {
    if (value.first == carnet::v1::IDENTITY_TOKEN_KIND_NAME_FULL) return true;
    const Holders& holders = records.With(value.first, value.second);
    return holders.count == 0 || (holders.count == 1 && holders.ids[0] == record);
  });
}

// Writes what is known of a record, and keeps the values by which others find it in step.
void WriteFacts(Step* step, const Uuid& record, const Values& old_values, const Values& new_values,
                const IdentityRow& after, StoredRecords* records) {
  const std::string& merchant = step->merchant_name();
  std::vector<std::pair<IdentityTokenKind, uint64_t>> left;
  std::vector<std::pair<IdentityTokenKind, uint64_t>> came;
  std::set_difference(old_values.begin(), old_values.end(), new_values.begin(), new_values.end(),
                      std::back_inserter(left));
  std::set_difference(new_values.begin(), new_values.end(), old_values.begin(), old_values.end(),
                      std::back_inserter(came));
  for (const auto& [kind, token] : left)
    RemoveHolder(merchant, kind, token, record, records->MutableWith(kind, token), &step->state);
  for (const auto& [kind, token] : came)
    AddHolder(merchant, kind, token, record, records->MutableWith(kind, token), &step->state);
  PutRow(&step->state, Family::kIdentity, RecordKey(merchant, record), after);
  records->Forget(record);
}

// Does so, and divides again what that touches.
void Replace(Step* step, const Uuid& record, const IdentityRow& before, const IdentityRow& after) {
  const Values old_values = ValuesOf(before);
  const Values new_values = ValuesOf(after);
  Values all = old_values;
  all.insert(new_values.begin(), new_values.end());
  StoredRecords records(step->state, step->merchant_name());
  if (StandsAlone(records, record, before, all))
    return WriteFacts(step, record, old_values, new_values, after, &records);

  const bool moved = HomeAndNames(before) != HomeAndNames(after);
  std::set<Uuid> seeds = {record};
  std::map<std::pair<IdentityTokenKind, uint64_t>, int> names_before;
  {
    const Clusterer clusterer(records);
    names_before = NamesOnAll(clusterer, all);
    if (moved) AddVisitors(records, clusterer, all, record, &seeds);
  }
  std::map<std::pair<IdentityTokenKind, uint64_t>, std::vector<Uuid>> others;
  for (const auto& value : all) {
    if (Identifies(value.first)) others[value] = records.With(value.first, value.second).ids;
  }
  WriteFacts(step, record, old_values, new_values, after, &records);

  const Clusterer clusterer(records);
  for (const auto& [value, names] : NamesOnAll(clusterer, all)) {
    if (names == names_before[value]) continue;
    const std::vector<Uuid>& now = records.With(value.first, value.second).ids;
    seeds.insert(now.begin(), now.end());
    seeds.insert(others[value].begin(), others[value].end());
  }
  if (moved) AddVisitors(records, clusterer, all, record, &seeds);
  Divide(step, records, clusterer, seeds);
}

IdentityRow ReadOrBegin(const Step& step, const Uuid& record) {
  IdentityRow row;
  if (!GetRow(step.state, Family::kIdentity, RecordKey(step.merchant_name(), record), &row)) {
    RecordRow of_record;
    GetRow(step.state, Family::kRecords, RecordKey(step.merchant_name(), record), &of_record);
    row.set_created_change_number(of_record.created_change_number());
  }
  return row;
}

void SetDecision(Step* step, const Uuid& record, const Uuid& other, std::optional<bool> same) {
  IdentityRow row = ReadOrBegin(*step, record);
  std::vector<Decision> decisions;
  for (const Decision& decision : row.decisions()) {
    if (decision.other() != other.bytes()) decisions.push_back(decision);
  }
  if (same) {
    Decision& decision = decisions.emplace_back();
    decision.set_other(std::string(other.bytes()));
    decision.set_same(*same);
    decision.set_change_number(step->number);
    decision.set_recorded_at_micros(step->recorded_at);
  }
  std::sort(decisions.begin(), decisions.end(),
            [](const Decision& a, const Decision& b) { return a.other() < b.other(); });
  row.mutable_decisions()->Assign(decisions.begin(), decisions.end());
  PutRow(&step->state, Family::kIdentity, RecordKey(step->merchant_name(), record), row);
}

}  // namespace

void LearnContact(Step* step, const Uuid& record, const RecordRow& of_record,
                  const carnet::v1::Contact& contact, const std::vector<uint32_t>& cleared) {
  // What is said late of a time before the channel deleted the record is gone with it.
  if (of_record.has_deleted_as_of_micros() && step->as_of() <= of_record.deleted_as_of_micros())
    return;
  IdentityRow before;
  const std::string key = RecordKey(step->merchant_name(), record);
  const bool known = GetRow(step->state, Family::kIdentity, key, &before);
  if (!known) before.set_created_change_number(of_record.created_change_number());
  IdentityRow after = before;
  const bool learned = Learn(contact, step->as_of(), &after);
  if (!cleared.empty()) Forget(cleared, step->as_of(), &after);
  if (learned || !cleared.empty()) Replace(step, record, before, after);
}

void ForgetFacts(Step* step, const Uuid& record) {
  IdentityRow before;
  const std::string key = RecordKey(step->merchant_name(), record);
  if (!GetRow(step->state, Family::kIdentity, key, &before)) return;
  IdentityRow after;
  after.set_created_change_number(before.created_change_number());
  after.set_customer_id(before.customer_id());
  *after.mutable_decisions() = before.decisions();
  Replace(step, record, before, after);
}

void EraseFacts(Step* step, const std::vector<Uuid>& members) {
  const std::string& merchant = step->merchant_name();
  const std::set<Uuid> gone(members.begin(), members.end());
  Values all;
  std::map<Uuid, IdentityRow> rows;
  for (const Uuid& member : members) {
    IdentityRow row;
    if (!GetRow(step->state, Family::kIdentity, RecordKey(merchant, member), &row)) continue;
    const Values values = ValuesOf(row);
    all.insert(values.begin(), values.end());
    rows.emplace(member, std::move(row));
  }

  std::set<Uuid> seeds;
  StoredRecords records(step->state, merchant);
  std::map<std::pair<IdentityTokenKind, uint64_t>, int> names_before;
  {
    const Clusterer clusterer(records);
    names_before = NamesOnAll(clusterer, all);
    for (const auto& [member, row] : rows)
      AddVisitors(records, clusterer, ValuesOf(row), member, &seeds);
    // Whoever was weighed against one of them may belong elsewhere now.
    for (const auto& [member, row] : rows) {
      for (const Card* const other : clusterer.Sharing(*records.Find(member)))
        seeds.insert(other->id);
    }
  }
  for (const auto& [member, row] : rows) {
    for (const auto& decision : row.decisions()) {
      const auto other = Uuid::FromBytes(decision.other());
      if (other && !gone.contains(*other)) SetDecision(step, *other, member, std::nullopt);
    }
    for (const auto& [kind, token] : ValuesOf(row))
      RemoveHolder(merchant, kind, token, member, records.MutableWith(kind, token), &step->state);
    step->state.Delete(Family::kIdentity, RecordKey(merchant, member));
  }

  const StoredRecords after(step->state, merchant);
  const Clusterer clusterer(after);
  for (const auto& [value, names] : NamesOnAll(clusterer, all)) {
    if (names == names_before[value]) continue;
    const std::vector<Uuid>& now = after.With(value.first, value.second).ids;
    seeds.insert(now.begin(), now.end());
  }
  for (const Uuid& member : members) seeds.erase(member);
  if (!seeds.empty()) Recluster(step, seeds);
}

void Decide(Step* step, const Uuid& a, const Uuid& b, std::optional<bool> same) {
  SetDecision(step, a, b, same);
  SetDecision(step, b, a, same);
}

void Recluster(Step* step, const std::set<Uuid>& seeds) {
  const StoredRecords records(step->state, step->merchant_name());
  Divide(step, records, Clusterer(records), seeds);
}

}  // namespace carnet::domain::identity
