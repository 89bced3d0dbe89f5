#include "domain/customers/contact.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <google/protobuf/descriptor.h>

#include "carnet/log/v1/card_rows.pb.h"
#include "carnet/v1/options.pb.h"
#include "domain/customers/catalogue.h"
#include "domain/customers/cells.h"
#include "domain/customers/erasure.h"
#include "domain/customers/links.h"
#include "domain/customers/policy.h"
#include "domain/customers/relations.h"
#include "domain/identity/recluster.h"
#include "domain/keys.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::PolicyRow;
using carnet::log::v1::RecordRow;
using carnet::v1::Contact;
using carnet::v1::MerchantPolicy;

// What is wrong with fields: a REQUEST is refused for it, a FACT flagged.
class Objections {
 public:
  explicit Objections(Step* step) : step_(step) {}

  void Add(std::string_view name, std::string field, std::string detail) {
    if (step_->is_fact()) {
      step_->Flag(name);
      return;
    }
    auto& violation = step_->violations.emplace_back();
    violation.set_field(std::move(field));
    violation.set_reason(std::string(name));
    violation.set_detail(std::move(detail));
  }

  Verdict verdict() const {
    if (step_->violations.empty()) return Verdict::Applied();
    const auto& first = step_->violations.front();
    std::string detail = first.field() + ": " + first.detail();
    if (step_->violations.size() > 1) {
      detail += " (and " + std::to_string(step_->violations.size() - 1) + " more)";
    }
    // Reasons are constants: the violation's text is a copy of one.
    for (std::string_view known :
         {reason::kRequiredField, reason::kFieldUnknown, reason::kCustomValueMalformed,
          reason::kNotAChoice, reason::kValueTaken, reason::kNotFound}) {
      if (known == first.reason()) return Verdict::Rejected(known, std::move(detail));
    }
    return Verdict::Rejected(reason::kRequiredField, std::move(detail));
  }

 private:
  Step* const step_;
};

bool IsSet(const Contact& contact, const google::protobuf::FieldDescriptor* field) {
  const auto* reflection = contact.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(contact, field) > 0
                              : reflection->HasField(contact, field);
}

bool HasCustom(const Contact& contact, std::string_view key) {
  return std::any_of(contact.custom().begin(), contact.custom().end(),
                     [&](const auto& value) { return value.key() == key; });
}

void CheckChoices(const Contact& contact, const MerchantPolicy& policy, Objections* objections) {
  const auto check = [&](const std::string& value, const auto& choices, std::string_view field) {
    if (value.empty() || choices.empty()) return;
    if (std::any_of(choices.begin(), choices.end(),
                    [&](const auto& choice) { return choice.key() == value; })) {
      return;
    }
    objections->Add(reason::kNotAChoice, std::string(field),
                    "this is none of the values that the merchant's policy lists");
  };
  check(contact.price_list(), policy.price_lists(), "price_list");
  check(contact.sector(), policy.sectors(), "sector");
  check(contact.relation_type(), policy.relation_types(), "relation_type");
}

void CheckCustom(const Contact& contact, const MerchantPolicy& policy, Objections* objections) {
  for (const auto& value : contact.custom()) {
    const carnet::v1::CustomField* field = FindCustomField(policy, value.key());
    if (field == nullptr) {
      objections->Add(reason::kFieldUnknown, "custom." + value.key(),
                      "the merchant's policy has no such field");
    } else if (!FitsCustomField(*field, value)) {
      objections->Add(reason::kCustomValueMalformed, "custom." + value.key(),
                      "this is no value of the field's type or choices");
    }
  }
}

// Of a REQUEST: what a new card leaves out, and what any card clears.
void CheckRequired(const Step& step, const carnet::v1::ContactObserved& said,
                   const MerchantPolicy& policy, bool is_new, Objections* objections) {
  const auto names_cleared = [&](std::string_view name) {
    return std::find(said.clear().begin(), said.clear().end(), name) != said.clear().end();
  };
  std::set<std::string> required;
  for (const auto& rule : policy.fields()) {
    if (IsRequired(policy, step.change.channel(), rule.field())) required.insert(rule.field());
  }
  for (const auto& field : policy.custom_fields()) {
    const bool ours =
        field.channels().empty() || std::find(field.channels().begin(), field.channels().end(),
                                              step.change.channel()) != field.channels().end();
    if (field.required() && ours) required.insert("custom." + field.key());
  }
  for (const std::string& name : required) {
    const auto field = ParseCardField(name);
    if (!field) continue;
    const bool given = field->key.empty() ? IsSet(said.contact(), ContactField(field->number))
                                          : HasCustom(said.contact(), field->key);
    if (names_cleared(name)) {
      objections->Add(reason::kRequiredField, name,
                      "the merchant's policy requires it: give it a value");
    } else if (is_new && !given) {
      objections->Add(reason::kRequiredField, name, "the merchant's policy requires it");
    }
  }
}

// Whether another customer has one of the values.
void CheckTaken(Step* step, const Contact& contact, const MerchantPolicy& policy,
                const std::optional<Uuid>& customer, Objections* objections) {
  const auto check = [&](const auto& values, carnet::v1::IdentityTokenKind kind,
                         std::string_view field) {
    for (const auto& value : values) {
      for (const auto& token : value.sealed().tokens()) {
        if (token.kind() != kind) continue;
        bool taken = false;
        step->state.Scan(
            Family::kIdentifiers, IdentifierPrefix(step->merchant_name(), kind, token.value()),
            [&](std::string_view key, std::string_view) {
              const auto record = Uuid::FromBytes(key.substr(key.size() - Uuid::kSize));
              taken = CustomerOfRecord(step->state, step->merchant_name(), *record) != customer;
              return !taken;
            });
        if (taken) {
          objections->Add(reason::kValueTaken, std::string(field),
                          "another customer has it, and the merchant's policy allows one only");
          return;
        }
      }
    }
  };
  if (policy.email_uniqueness() == carnet::v1::UNIQUENESS_REFUSE) {
    check(contact.emails(), carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT, "emails");
  }
  if (policy.phone_uniqueness() == carnet::v1::UNIQUENESS_REFUSE) {
    check(contact.phones(), carnet::v1::IDENTITY_TOKEN_KIND_PHONE, "phones");
  }
}

std::vector<CardField> ParseFields(const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::vector<CardField> fields;
  for (const std::string& name : names) {
    if (auto field = ParseCardField(name)) fields.push_back(*std::move(field));
  }
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  return fields;
}

// The record into which the change's channel writes what it says of a customer that it names by id:
// in the last life of it, or (then `row` is erased) in the one that the change still speaks of, or
// that its values are sealed for. False: there is none yet.
bool FindOwnRecord(const Step& step, const Uuid& customer, Uuid* own, RecordRow* row) {
  const auto& change = step.change;
  for (uint32_t life = 0;; ++life) {
    *own =
        ContactRecordId(change.merchant(), change.channel(), change.source(), {}, customer, life);
    if (!GetRow(step.state, Family::kRecords, RecordKey(change.merchant(), *own), row))
      return false;
    const bool is_past = row->has_erased_at_micros() && step.as_of() > row->erased_at_micros();
    if (!is_past || change.life() <= life) return true;
    row->Clear();
  }
}

}  // namespace

Verdict ApplyContactObserved(Step* step, const Addressee& addressee,
                             const carnet::v1::ContactObserved& said, bool observed) {
  const auto& change = step->change;
  // Flagged; nobody to write it to, or somebody who was forgotten.
  if (!addressee.account || step->drop_personal) return Verdict::Applied();
  const bool names_customer = !change.customer_id().empty();
  Uuid own = addressee.record;
  RecordRow row;
  const bool existed = names_customer ? FindOwnRecord(*step, addressee.record, &own, &row)
                                      : GetRow(step->state, Family::kRecords,
                                               RecordKey(change.merchant(), own), &row);
  if (row.has_erased_at_micros()) {
    step->drop_personal = true;
    ForgetWhatWasSaid(step);
    return Verdict::Applied();
  }

  PolicyRow policy_row;
  const bool has_policy = step->merchant.policy_change_number() != 0 &&
                          ReadPolicy(step->state, change.merchant(), &policy_row);
  const MerchantPolicy& policy = policy_row.policy();
  const Contact* contact = &said.contact();
  Contact without_dropped;
  if (has_policy) {
    without_dropped = *contact;
    if (DropSwitchedOff(policy, change.channel(), &without_dropped)) {
      step->Flag(flag::kFieldSwitchedOff);
      contact = &without_dropped;
    }
  }
  Objections objections(step);
  if (!change.preconditions().etag().empty() || has_policy) {
    const auto customer =
        CustomerOfRecord(step->state, change.merchant(), names_customer ? addressee.record : own);
    if (Verdict verdict = CheckEtag(*step, customer); !verdict.applied()) return verdict;
    if (has_policy && !observed) {
      const bool is_new = !names_customer && row.cells().empty();
      if (!step->is_fact()) CheckRequired(*step, said, policy, is_new, &objections);
      CheckChoices(*contact, policy, &objections);
      CheckTaken(step, *contact, policy, customer, &objections);
    }
  }
  if (!contact->custom().empty()) CheckCustom(*contact, policy, &objections);
  if (Verdict verdict = CheckRelations(step, *contact); !verdict.applied()) return verdict;
  if (Verdict verdict = objections.verdict(); !verdict.applied()) return verdict;

  if (!existed) {
    row = names_customer
              ? CreateRecord(step, own, addressee.record.ToString(), /*derived=*/true)
              : CreateRecord(step, own, change.external_id(), change.external_id_derived());
  }
  const auto copied_from = ParseCustomerId(said.duplicate_of());
  if (copied_from && row.duplicate_of().empty()) {
    row.set_duplicate_of(std::string(copied_from->bytes()));
    // A copy is made for somebody else.
    if (*copied_from != own && CustomerOfRecord(step->state, change.merchant(), *copied_from))
      identity::Decide(step, own, *copied_from, false);
  }
  ContactSaid into{.contact = *contact,
                   .cleared = ParseFields(said.clear()),
                   .reverted = ParseFields(said.revert()),
                   .observed = observed,
                   .rank_of = nullptr};
  if (has_policy && !policy.channel_ranks().empty()) {
    into.rank_of = [&](uint32_t field, std::string_view key) {
      return ChannelRankOf(policy, change.channel(), CardFieldName(field, key));
    };
  }
  const std::string named_before = ReferrerNamed(row);
  if (MergeContact(step, own, into, &row)) {
    UpdateRelations(step, own, *contact, into.cleared, named_before, &row);
  }
  std::vector<uint32_t> cleared;
  for (const CardField& field : into.cleared) cleared.push_back(field.number);
  identity::LearnContact(step, own, row, *contact, cleared);
  return names_customer && !existed ? LinkRecords(step, own, addressee.record) : Verdict::Applied();
}

Verdict ApplyRecordDeleted(Step* step, const Addressee& addressee) {
  const auto& change = step->change;
  if (!addressee.account) return Verdict::Applied();
  Uuid own = addressee.record;
  RecordRow row;
  const bool exists =
      !change.customer_id().empty()
          ? FindOwnRecord(*step, addressee.record, &own, &row)
          : GetRow(step->state, Family::kRecords, RecordKey(change.merchant(), own), &row);
  const std::string key = RecordKey(change.merchant(), own);
  if (!exists || row.has_erased_at_micros() ||
      (row.has_deleted_as_of_micros() && row.deleted_as_of_micros() >= step->as_of())) {
    step->Flag(flag::kNoChange);
    return Verdict::Applied();
  }
  RecordRow after = row;
  after.set_deleted_as_of_micros(step->as_of());
  after.set_card_change_number(step->number);
  DropLookups(step, own, row, after);
  std::vector<uint32_t> fields;
  for (const auto& cell : row.cells()) {
    const bool goes = !IsDeleted(cell, row) && IsDeleted(cell, after);
    if (goes && (fields.empty() || fields.back() != cell.field())) fields.push_back(cell.field());
  }
  UpdateRelationsAfterDelete(step, own, &after);
  PutRow(&step->state, Family::kRecords, key, after);
  const bool all_gone = std::all_of(row.cells().begin(), row.cells().end(),
                                    [&](const auto& cell) { return IsDeleted(cell, after); });
  if (all_gone) identity::ForgetFacts(step, own);
  if (!fields.empty()) {
    step->feed.CustomerUpdated(own, Uuid::FromBytes(row.customer_id()).value_or(own), fields);
  }
  return Verdict::Applied();
}

Verdict ApplyConsentRecorded(Step* step, const carnet::v1::ConsentRecorded& consent) {
  if (step->drop_personal) return Verdict::Applied();
  const bool is_email = consent.has_email();
  const auto kind = is_email ? carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT
                             : carnet::v1::IDENTITY_TOKEN_KIND_PHONE;
  const auto& value = is_email ? consent.email() : consent.phone();
  const std::string* token = nullptr;
  for (const auto& each : value.sealed().tokens()) {
    if (each.kind() == kind) token = &each.value();
  }
  if (token == nullptr) {
    std::string detail = "the e-mail or phone is not valid, so nobody can be found by it";
    return step->is_fact() ? Verdict::DeadLetter(reason::kConsentTargetMissing, std::move(detail))
                           : Verdict::Rejected(reason::kConsentTargetMissing, std::move(detail));
  }
  constexpr int64_t kMicros = 1'000'000;
  const int64_t said_at = consent.has_at()
                              ? consent.at().seconds() * kMicros + consent.at().nanos() / 1000
                              : step->change.occurred_at_micros();
  const int64_t as_of = std::min(said_at, step->recorded_at);
  std::string key = ConsentKey(step->merchant_name(), kind, *token, consent.purpose());
  carnet::log::v1::ConsentRow row;
  const bool withdrawn = consent.state() == carnet::v1::CONSENT_STATE_WITHDRAWN;
  if (GetRow(step->state, Family::kConsents, key, &row) &&
      std::pair(row.as_of_micros(), row.state() == carnet::v1::CONSENT_STATE_WITHDRAWN) >=
          std::pair(as_of, withdrawn)) {
    step->Flag(flag::kNoChange);
    return Verdict::Applied();
  }
  row.set_state(consent.state());
  row.set_as_of_micros(as_of);
  row.set_how(consent.how());
  row.set_place(consent.place());
  row.set_change_number(step->number);
  row.set_channel(step->change.channel());
  row.set_source(step->change.source());
  row.set_actor(step->change.actor());
  row.set_recorded_at_micros(step->recorded_at);
  PutRow(&step->state, Family::kConsents, std::move(key), row);
  return Verdict::Applied();
}

}  // namespace carnet::domain
