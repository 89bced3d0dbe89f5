#include "query/identity.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "base/uuid.h"
#include "carnet/log/v1/identity_rows.pb.h"
#include "carnet/log/v1/log.pb.h"
#include "carnet/log/v1/rows.pb.h"
#include "domain/customers/links.h"
#include "domain/customers/record.h"
#include "domain/fold.h"
#include "domain/identity/stored_records.h"
#include "domain/identity/suggestions.h"
#include "domain/keys.h"
#include "domain/reasons.h"
#include "query/members.h"
#include "query/names.h"
#include "query/reasons.h"
#include "query/timestamps.h"

namespace carnet::query {
namespace {

namespace identity = domain::identity;
using carnet::log::v1::CustomerRow;
using carnet::log::v1::IdentityRow;
using carnet::log::v1::RecordRow;
using domain::Family;
using domain::GetRow;

constexpr int32_t kUsualSuggestions = 20;
constexpr int32_t kMostSuggestions = 100;

template <typename Reasons>
void AddEvidence(uint32_t evidence, Reasons* reasons) {
  for (uint32_t bit = 0; bit < identity::kEvidenceCount; ++bit) {
    if ((evidence >> bit & 1U) == 0) continue;
    const auto kind = static_cast<identity::Evidence>(bit);
    auto* reason = reasons->Add();
    reason->set_code(std::string(identity::Code(kind)));
    reason->set_words(std::string(identity::Words(kind)));
  }
}

std::string NameOfId(const std::string& bytes) {
  return FormatRecordName(Uuid::FromBytes(bytes).value_or(Uuid()));
}

// The record that `text` names, and its customer.
struct Named {
  Uuid record;
  Uuid customer;
};
absl::StatusOr<Named> Find(const domain::Reader& reader, std::string_view merchant,
                           const std::string& text, std::string_view field) {
  const auto record = domain::ParseCustomerId(text);
  if (!record) {
    return Error(absl::StatusCode::kInvalidArgument, reason::kNameMalformed,
                 "write customers/{id}, or the id alone", field);
  }
  const auto customer = CustomerOf(reader, merchant, *record, field);
  if (!customer.ok()) return customer.status();
  return Named{*record, *customer};
}

// The two that a preview is asked for, and whose they are.
struct Two {
  std::string merchant;
  Named one;
  Named other;
};
template <typename Request>
absl::StatusOr<Two> FindTwo(const domain::Reader& reader, const Request& request) {
  const auto name = ParseCustomerName(request.name(), "name");
  if (!name.ok()) return name.status();
  const auto one = Find(reader, name->merchant, name->id.ToString(), "name");
  if (!one.ok()) return one.status();
  const auto other = Find(reader, name->merchant, request.other(), "other");
  if (!other.ok()) return other.status();
  return Two{std::string(name->merchant), *one, *other};
}

template <typename Response>
void AddBlocker(std::string_view name, std::string detail, const std::vector<Uuid>& records,
                bool refused, Response* response) {
  auto* blocker = response->add_blockers();
  blocker->set_reason(std::string(name));
  blocker->set_detail(std::move(detail));
  for (const Uuid& record : records) blocker->add_records(FormatRecordName(record));
  blocker->set_refused(refused);
}

// Each customer that any of the records belongs to.
template <typename Response>
absl::Status AddOutlines(const domain::Reader& reader, std::string_view merchant,
                         const std::vector<Uuid>& records, Response* response) {
  std::set<Uuid> seen;
  for (const Uuid& record : records) {
    const auto customer = domain::CustomerOfRecord(reader, merchant, record);
    if (!customer || !seen.insert(*customer).second) continue;
    const std::vector<Uuid> members = domain::MembersOf(reader, merchant, *customer);
    auto* outline = response->add_customers();
    outline->set_customer(FormatRecordName(*customer));
    for (const Uuid& member : members) outline->add_records(FormatRecordName(member));
    const auto sums = SumBalances(reader, merchant, members);
    if (!sums.ok()) return sums.status();
    for (const UnitBalance& sum : *sums) SetBalance(sum, outline->add_balances());
  }
  return absl::OkStatus();
}

// A change that nobody publishes, at the newest time that the merchant's books know.
carnet::log::v1::Change Imagined(const domain::Reader& reader, std::string_view merchant) {
  carnet::log::v1::MerchantRow row;
  GetRow(reader, Family::kMerchants, domain::MerchantKey(merchant), &row);
  carnet::log::v1::Change change;
  const Uuid id = Uuid::Random();
  change.set_id(std::string(id.bytes()));
  change.set_content_hash(change.id());
  change.set_merchant(std::string(merchant));
  change.set_channel("back-office");
  change.set_source("api");
  change.set_intent(carnet::v1::INTENT_REQUEST);
  change.set_recorded_at_micros(row.last_recorded_at_micros());
  change.set_occurred_at_micros(row.last_recorded_at_micros());
  change.set_recorded_day(row.last_recorded_day());
  change.set_effective_day(row.last_recorded_day());
  return change;
}

// Folds it, and says what came of it.
template <typename Response>
absl::Status Preview(const View& view, std::string_view merchant, const Named& one,
                     const Named& other, const carnet::log::v1::Change& change,
                     std::string_view nothing_done, Response* response) {
  SetPosition(view, response->mutable_position());
  domain::Overlay overlay(*view.snapshot);
  carnet::v1::Outcome outcome;
  if (absl::Status status = domain::FoldChange(change, &overlay, &outcome); !status.ok())
    return status;
  if (outcome.status() != carnet::v1::OUTCOME_STATUS_APPLIED) {
    AddBlocker(outcome.reason(), outcome.detail(), {one.record, other.record}, true, response);
  } else if (!outcome.flags().empty() && outcome.flags(0) == domain::flag::kNoChange) {
    AddBlocker(nothing_done, "there is nothing to do: it would change nothing",
               {one.record, other.record}, true, response);
  }
  std::vector<Uuid> all = domain::MembersOf(*view.snapshot, merchant, one.customer);
  for (const Uuid& member : domain::MembersOf(*view.snapshot, merchant, other.customer))
    all.push_back(member);
  return AddOutlines(overlay, merchant, all, response);
}

// A company among one's members and a contact of it among the other's.
template <typename Response>
void AddOwnContacts(const domain::Reader& reader, std::string_view merchant,
                    const std::vector<Uuid>& companies, const std::vector<Uuid>& contacts,
                    Response* response) {
  for (const Uuid& contact : contacts) {
    RecordRow row;
    GetRow(reader, Family::kRecords, domain::RecordKey(merchant, contact), &row);
    for (const Uuid& company : companies) {
      if (row.company() != company.bytes()) continue;
      AddBlocker("OWN_CONTACT",
                 "one is a contact of the other: what it buys is the company's already",
                 {company, contact}, false, response);
    }
  }
}

}  // namespace

absl::Status Identity::Suggestions(const View& view,
                                   const carnet::v1::ListSuggestionsRequest& request,
                                   carnet::v1::ListSuggestionsResponse* response) const {
  const auto name = ParseCustomerName(request.name(), "name");
  if (!name.ok()) return name.status();
  if (request.limit() < 0 || request.limit() > kMostSuggestions) {
    return Error(absl::StatusCode::kInvalidArgument, reason::kPageSize,
                 absl::StrCat("limit is 1 to ", kMostSuggestions, ", or 0 for ", kUsualSuggestions),
                 "limit");
  }
  const auto customer = CustomerOf(*view.snapshot, name->merchant, name->id, "name");
  if (!customer.ok()) return customer.status();
  const domain::Reader& reader = *view.snapshot;
  const identity::StoredRecords records(reader, name->merchant);
  const auto customer_of = [&](const Uuid& record) {
    const Uuid of = domain::CustomerOfRecord(reader, name->merchant, record).value_or(record);
    return std::pair(of, domain::MembersOf(reader, name->merchant, of));
  };
  const auto limit = static_cast<int>(request.limit() == 0 ? kUsualSuggestions : request.limit());
  for (const auto& found : identity::Suggest(records, *customer, customer_of)) {
    if (response->suggestions_size() == limit) break;
    carnet::v1::Customer card;
    absl::Status status = customers_->Fill(*view.snapshot, name->merchant, found.customer,
                                           carnet::v1::CUSTOMER_VIEW_BASIC, &card);
    if (!status.ok()) return status;
    auto* suggestion = response->add_suggestions();
    suggestion->set_customer(card.name());
    suggestion->set_display_name(card.display_name());
    suggestion->set_score_quarters(found.score);
    AddEvidence(found.evidence, suggestion->mutable_evidence());
    suggestion->set_own_record(FormatRecordName(found.own));
    suggestion->set_other_record(FormatRecordName(found.other));
  }
  SetPosition(view, response->mutable_position());
  return absl::OkStatus();
}

absl::Status Identity::ExplainLinks(const View& view,
                                    const carnet::v1::ExplainLinksRequest& request,
                                    carnet::v1::ExplainLinksResponse* response) {
  const auto name = ParseCustomerName(request.name(), "name");
  if (!name.ok()) return name.status();
  const domain::Reader& reader = *view.snapshot;
  const auto customer = CustomerOf(reader, name->merchant, name->id, "name");
  if (!customer.ok()) return customer.status();
  response->set_customer(FormatCustomerName(name->merchant, *customer));
  SetPosition(view, response->mutable_position());
  for (const Uuid& member : domain::MembersOf(reader, name->merchant, *customer)) {
    RecordRow row;
    GetRow(reader, Family::kRecords, domain::RecordKey(name->merchant, member), &row);
    auto* record = response->add_records();
    record->set_name(FormatRecordName(member));
    record->set_channel(row.channel());
    record->set_source(row.source());
    if (!row.external_id_derived()) record->set_external_id(row.external_id());
    record->set_created_change_number(row.created_change_number());
    SetTimestamp(row.created_at_micros(), record->mutable_created_at());
    IdentityRow known;
    GetRow(reader, Family::kIdentity, domain::RecordKey(name->merchant, member), &known);
    for (const auto& decision : known.decisions()) {
      if (decision.same()) continue;  // a link, below
      auto* distinction = response->add_distinctions();
      distinction->set_record(record->name());
      distinction->set_other(NameOfId(decision.other()));
      distinction->set_change_number(decision.change_number());
      SetTimestamp(decision.recorded_at_micros(), distinction->mutable_recorded_at());
    }
  }
  CustomerRow row;
  GetRow(reader, Family::kLinks, domain::CustomerKey(name->merchant, *customer), &row);
  for (const auto& edge : row.edges()) {
    auto* link = response->add_links();
    link->set_record(NameOfId(edge.first()));
    link->set_other(NameOfId(edge.second()));
    link->set_by_person(!edge.by_rules());
    if (edge.by_rules()) {
      link->set_score_quarters(edge.score());
      AddEvidence(edge.evidence(), link->mutable_evidence());
    }
    link->set_change_number(edge.change_number());
    SetTimestamp(edge.recorded_at_micros(), link->mutable_recorded_at());
  }
  return absl::OkStatus();
}

absl::Status Identity::PreviewLink(const View& view, const carnet::v1::PreviewLinkRequest& request,
                                   carnet::v1::PreviewLinkResponse* response) {
  const domain::Reader& reader = *view.snapshot;
  const auto two = FindTwo(reader, request);
  if (!two.ok()) return two.status();
  const auto& [merchant, one, other] = *two;
  auto change = Imagined(reader, merchant);
  auto* link = change.mutable_body()->mutable_link_customers();
  link->set_customer(one.record.ToString());
  link->set_other(other.record.ToString());
  absl::Status status =
      Preview(view, merchant, one, other, change, domain::flag::kNoChange, response);
  if (!status.ok() || one.customer == other.customer) return status;
  const auto with_one = domain::MembersOf(reader, merchant, one.customer);
  const auto with_other = domain::MembersOf(reader, merchant, other.customer);
  AddOwnContacts(reader, merchant, with_one, with_other, response);
  AddOwnContacts(reader, merchant, with_other, with_one, response);
  return absl::OkStatus();
}

absl::Status Identity::PreviewUnlink(const View& view,
                                     const carnet::v1::PreviewUnlinkRequest& request,
                                     carnet::v1::PreviewUnlinkResponse* response) {
  const domain::Reader& reader = *view.snapshot;
  const auto two = FindTwo(reader, request);
  if (!two.ok()) return two.status();
  const auto& [merchant, one, other] = *two;
  auto change = Imagined(reader, merchant);
  auto* unlink = change.mutable_body()->mutable_unlink_customers();
  unlink->set_customer(one.record.ToString());
  unlink->set_other(other.record.ToString());
  absl::Status status = Preview(view, merchant, one, other, change, "NOT_LINKED", response);
  if (!status.ok() || response->customers_size() < 2) return status;
  // What one side has too much and the other owes has stood against each other until now.
  for (const auto& creditor : response->customers()) {
    for (const auto& credit : creditor.balances()) {
      if (credit.receivable_minor() >= 0) continue;
      for (const auto& debtor : response->customers()) {
        for (const auto& debt : debtor.balances()) {
          if (debt.unit() != credit.unit() || debt.receivable_minor() <= 0) continue;
          AddBlocker("CREDIT_ON_OTHER",
                     absl::StrCat("one side has a credit of ", credit.receivable(), " ",
                                  credit.unit(), ", the other owes ", debt.receivable(),
                                  ": each stays where it was addressed to"),
                     {*domain::ParseCustomerId(creditor.customer()),
                      *domain::ParseCustomerId(debtor.customer())},
                     false, response);
        }
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace carnet::query
