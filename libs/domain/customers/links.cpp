#include "domain/customers/links.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "domain/customers/record.h"
#include "domain/identity/recluster.h"
#include "domain/keys.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::RecordRow;
using identity::HeldByPeople;
using identity::StoredRecords;

bool GetRecord(const Step& step, const Uuid& record, RecordRow* row) {
  return GetRow(step.state, Family::kRecords, RecordKey(step.merchant_name(), record), row);
}

// The customer a record belongs to.
Uuid CustomerOf(const RecordRow& row, const Uuid& record) {
  return Uuid::FromBytes(row.customer_id()).value_or(record);
}

Verdict NotFound(std::string_view text) {
  return Verdict::Rejected(reason::kNotFound, "there is no customer " + std::string(text));
}

Verdict NoChange(Step* step) {
  step->Flag(flag::kNoChange);
  return Verdict::Applied();
}

// The two records that a person speaks of, or why nothing can be said of them.
struct Two {
  Uuid a;
  Uuid b;
  Uuid customer_a;
  Uuid customer_b;
};
std::optional<Verdict> Find(const Step& step, const std::string& a, const std::string& b,
                            Two* two) {
  for (const auto& [text, id, customer] :
       {std::tuple(&a, &two->a, &two->customer_a), std::tuple(&b, &two->b, &two->customer_b)}) {
    const auto parsed = ParseCustomerId(*text);
    RecordRow row;
    if (!parsed || !GetRecord(step, *parsed, &row)) return NotFound(*text);
    if (row.has_erased_at_micros()) {
      return Verdict::Rejected(reason::kCustomerErased,
                               "customer " + *text + " was forgotten: what was linked stays so");
    }
    *id = *parsed;
    *customer = CustomerOf(row, *parsed);
  }
  return std::nullopt;
}

}  // namespace

Verdict LinkRecords(Step* step, const Uuid& a, const Uuid& b) {
  Two two;
  if (auto refused = Find(*step, a.ToString(), b.ToString(), &two)) return *refused;
  const StoredRecords records(step->state, step->merchant_name());
  if (a == b || SaidSame(*records.Find(a), *records.Find(b))) return NoChange(step);
  const std::set<Uuid> with_a = HeldByPeople(records, a);
  const std::set<Uuid> with_b = HeldByPeople(records, b);
  for (const Uuid& one : with_a) {
    for (const Uuid& other : with_b) {
      if ((one == a && other == b) || !SaidDifferent(*records.Find(one), *records.Find(other)))
        continue;
      return Verdict::Rejected(reason::kDistinguished,
                               "customers/" + one.ToString() + " and customers/" +
                                   other.ToString() +
                                   " were said not to be the same: link these two first");
    }
  }
  if (two.customer_a != two.customer_b) {
    const size_t members = MembersOf(step->state, step->merchant_name(), two.customer_a).size() +
                           MembersOf(step->state, step->merchant_name(), two.customer_b).size();
    if (members > kMaxMembers) {
      return Verdict::Rejected(reason::kTooManyMembers,
                               "together they would have " + std::to_string(members) +
                                   " source records; the most is " + std::to_string(kMaxMembers));
    }
  }
  identity::Decide(step, a, b, true);
  identity::Recluster(step, {a, b});
  return Verdict::Applied();
}

Verdict ApplyLink(Step* step, const carnet::v1::LinkCustomers& link) {
  const auto a = ParseCustomerId(link.customer());
  const auto b = ParseCustomerId(link.other());
  if (!a) return NotFound(link.customer());
  if (!b) return NotFound(link.other());
  return LinkRecords(step, *a, *b);
}

Verdict ApplyUnlink(Step* step, const carnet::v1::UnlinkCustomers& unlink) {
  Two two;
  if (auto refused = Find(*step, unlink.customer(), unlink.other(), &two)) return *refused;
  bool said_same = false;
  bool held = false;
  {
    const StoredRecords records(step->state, step->merchant_name());
    said_same = SaidSame(*records.Find(two.a), *records.Find(two.b));
    held = !said_same && HeldByPeople(records, two.a).contains(two.b);
  }
  if (two.a == two.b || two.customer_a != two.customer_b || held) return NoChange(step);
  if (said_same) {
    identity::Decide(step, two.a, two.b, std::nullopt);
    identity::Recluster(step, {two.a, two.b});
    RecordRow row_a;
    RecordRow row_b;
    GetRecord(*step, two.a, &row_a);
    GetRecord(*step, two.b, &row_b);
    const StoredRecords records(step->state, step->merchant_name());
    if (CustomerOf(row_a, two.a) != CustomerOf(row_b, two.b) ||
        HeldByPeople(records, two.a).contains(two.b)) {
      return Verdict::Applied();
    }
  }
  // The rules would go on linking them.
  identity::Decide(step, two.a, two.b, false);
  identity::Recluster(step, {two.a, two.b});
  return Verdict::Applied();
}

Verdict ApplyDistinguish(Step* step, const carnet::v1::DistinguishCustomers& distinguish) {
  Two two;
  if (auto refused = Find(*step, distinguish.customer(), distinguish.other(), &two))
    return *refused;
  const Verdict linked = Verdict::Rejected(
      reason::kLinkedByPerson, two.a == two.b
                                   ? "that is one source record"
                                   : "people's other links hold them together: unlink those first");
  if (two.a == two.b) return linked;
  bool said_same = false;
  {
    const StoredRecords records(step->state, step->merchant_name());
    if (SaidDifferent(*records.Find(two.a), *records.Find(two.b))) return NoChange(step);
    said_same = SaidSame(*records.Find(two.a), *records.Find(two.b));
  }
  identity::Decide(step, two.a, two.b, false);  // rolled back with a rejection
  {
    const StoredRecords records(step->state, step->merchant_name());
    if (HeldByPeople(records, two.a).contains(two.b)) return linked;
  }
  if (said_same || two.customer_a == two.customer_b) identity::Recluster(step, {two.a, two.b});
  return Verdict::Applied();
}

}  // namespace carnet::domain
