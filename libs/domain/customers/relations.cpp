#include "domain/customers/relations.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "domain/customers/cells.h"
#include "domain/customers/record.h"
#include "domain/keys.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::AccountRow;
using carnet::log::v1::Cell;
using carnet::log::v1::RecordRow;
using carnet::v1::Contact;

// Somebody who was forgotten is nobody's referrer and no company.
bool Exists(const Step& step, const Uuid& record) {
  RecordRow row;
  return GetRow(step.state, Family::kRecords, RecordKey(step.merchant_name(), record), &row) &&
         !row.has_erased_at_micros();
}

// What the record says in a field now; null: nothing that is shown.
const Contact* ValueOf(const RecordRow& row, uint32_t field) {
  for (const Cell& cell : row.cells()) {
    if (cell.field() == field)
      return IsDeleted(cell, row) || cell.cleared() ? nullptr : &cell.value();
  }
  return nullptr;
}

const std::string* PhoneToken(const carnet::v1::Personal& phone) {
  for (const auto& token : phone.sealed().tokens()) {
    if (token.kind() == carnet::v1::IDENTITY_TOKEN_KIND_PHONE) return &token.value();
  }
  return nullptr;
}

// The oldest record that has the phone, but for `self`.
std::optional<Uuid> WhoHas(const Step& step, const std::string& token, const Uuid& self) {
  std::optional<std::pair<uint64_t, Uuid>> oldest;
  step.state.Scan(
      Family::kIdentifiers,
      IdentifierPrefix(step.merchant_name(), carnet::v1::IDENTITY_TOKEN_KIND_PHONE, token),
      [&](std::string_view key, std::string_view) {
        const Uuid record = *Uuid::FromBytes(key.substr(key.size() - Uuid::kSize));
        RecordRow row;
        if (record != self &&
            GetRow(step.state, Family::kRecords, RecordKey(step.merchant_name(), record), &row)) {
          const std::pair candidate(row.created_change_number(), record);
          if (!oldest || candidate < *oldest) oldest = candidate;
        }
        return true;
      });
  if (!oldest) return std::nullopt;
  return oldest->second;
}

void SetReferrer(Step* step, const Uuid& record, const std::optional<Uuid>& referrer,
                 RecordRow* row) {
  const std::string& merchant = step->merchant_name();
  if (!row->referrer().empty()) {
    step->state.Delete(Family::kRelations,
                       RelationKey(merchant, Relation::kReferred, row->referrer(), record));
  }
  row->clear_referrer();
  if (!referrer) return;
  row->set_referrer(std::string(referrer->bytes()));
  step->state.Put(Family::kRelations,
                  RelationKey(merchant, Relation::kReferred, referrer->bytes(), record), "");
}

// Forgets, or remembers, that the record waits for whoever has the phone.
void StopWaiting(Step* step, const Uuid& record, std::string_view token) {
  std::string key = RelationKey(step->merchant_name(), Relation::kWaitsForReferrer, token, record);
  std::string ignored;
  if (!step->state.Get(Family::kRelations, key, &ignored)) return;
  step->state.Delete(Family::kRelations, std::move(key));
  step->merchant.set_waiting_referrers(step->merchant.waiting_referrers() - 1);
}

void Wait(Step* step, const Uuid& record, std::string_view token) {
  std::string key = RelationKey(step->merchant_name(), Relation::kWaitsForReferrer, token, record);
  std::string ignored;
  if (step->state.Get(Family::kRelations, key, &ignored)) return;
  step->state.Put(Family::kRelations, std::move(key), "");
  step->merchant.set_waiting_referrers(step->merchant.waiting_referrers() + 1);
}

void UpdateReferrer(Step* step, const Uuid& record, RecordRow* row) {
  const Contact* said = ValueOf(*row, Contact::kReferrerFieldNumber);
  if (said == nullptr) return SetReferrer(step, record, std::nullopt, row);
  if (!said->referrer().customer().empty()) {
    const auto id = ParseCustomerId(said->referrer().customer());
    return SetReferrer(step, record, id && *id != record && Exists(*step, *id) ? id : std::nullopt,
                       row);
  }
  const std::string* token = PhoneToken(said->referrer().phone());
  if (token == nullptr) return SetReferrer(step, record, std::nullopt, row);
  const auto found = WhoHas(*step, *token, record);
  SetReferrer(step, record, found, row);
  if (!found) Wait(step, record, *token);
}

// Those who wait for one of the record's phones have found their referrer.
void AnswerWaiting(Step* step, const Uuid& record, const Contact& contact) {
  for (const auto& phone : contact.phones()) {
    const std::string* token = PhoneToken(phone);
    if (token == nullptr) continue;
    std::vector<Uuid> waiting;
    step->state.Scan(Family::kRelations,
                     RelationPrefix(step->merchant_name(), Relation::kWaitsForReferrer, *token),
                     [&](std::string_view key, std::string_view) {
                       const Uuid other = *Uuid::FromBytes(key.substr(key.size() - Uuid::kSize));
                       if (other != record) waiting.push_back(other);
                       return true;
                     });
    for (const Uuid& other : waiting) {
      StopWaiting(step, other, *token);
      RecordRow row;
      const std::string key = RecordKey(step->merchant_name(), other);
      if (!GetRow(step->state, Family::kRecords, key, &row)) continue;
      const Contact* said = ValueOf(row, Contact::kReferrerFieldNumber);
      const std::string* wanted = said ? PhoneToken(said->referrer().phone()) : nullptr;
      if (wanted == nullptr || *wanted != *token) continue;  // it has said something else since
      SetReferrer(step, other, record, &row);
      row.set_card_change_number(step->number);
      PutRow(&step->state, Family::kRecords, key, row);
      step->feed.CustomerUpdated(other, Uuid::FromBytes(row.customer_id()).value_or(other),
                                 {Contact::kReferrerFieldNumber});
    }
  }
}

void UpdateCompany(Step* step, const Uuid& record, RecordRow* row) {
  const std::string& merchant = step->merchant_name();
  const Contact* said = ValueOf(*row, Contact::kCompanyFieldNumber);
  auto company = said ? ParseCustomerId(said->company()) : std::nullopt;
  if (company && (*company == record || !Exists(*step, *company))) company = std::nullopt;
  const std::string bytes = company ? std::string(company->bytes()) : std::string();
  if (bytes == row->company()) return;
  if (!row->company().empty()) {
    step->state.Delete(Family::kRelations,
                       RelationKey(merchant, Relation::kContact, row->company(), record));
  }
  row->set_company(bytes);
  if (company) {
    step->state.Put(Family::kRelations, RelationKey(merchant, Relation::kContact, bytes, record),
                    "");
  }
  // A posting looks only at the account.
  AccountRow account;
  const std::string key = RecordKey(merchant, record);
  GetRow(step->state, Family::kAccounts, key, &account);
  account.set_company(bytes);
  account.set_customer_id(row->customer_id());
  PutRow(&step->state, Family::kAccounts, key, account);
}

bool IsSaid(bool in_contact, const std::vector<CardField>& cleared, uint32_t field) {
  return in_contact || std::binary_search(cleared.begin(), cleared.end(), CardField{field, {}});
}

}  // namespace

Verdict CheckRelations(Step* step, const Contact& contact) {
  const auto check = [&](const std::string& customer, std::string_view field) -> Verdict {
    if (customer.empty()) return Verdict::Applied();
    const auto id = ParseCustomerId(customer);
    if (id && Exists(*step, *id)) return Verdict::Applied();
    if (step->is_fact()) {
      step->Flag(flag::kUnknownCustomer);
      return Verdict::Applied();
    }
    return Verdict::Rejected(reason::kNotFound, std::string(field) + ": there is no such customer");
  };
  if (Verdict verdict = check(contact.referrer().customer(), "referrer"); !verdict.applied())
    return verdict;
  return check(contact.company(), "company");
}

std::string ReferrerNamed(const RecordRow& row) {
  const Contact* said = ValueOf(row, Contact::kReferrerFieldNumber);
  if (said == nullptr) return {};
  if (!said->referrer().customer().empty()) return said->referrer().customer();
  const std::string* token = PhoneToken(said->referrer().phone());
  return token ? *token : std::string();
}

void UpdateRelations(Step* step, const Uuid& record, const Contact& contact,
                     const std::vector<CardField>& cleared, const std::string& named_before,
                     RecordRow* row) {
  bool changed = false;
  if (IsSaid(contact.has_referrer(), cleared, Contact::kReferrerFieldNumber) &&
      ReferrerNamed(*row) != named_before) {
    if (step->merchant.waiting_referrers() != 0) StopWaiting(step, record, named_before);
    UpdateReferrer(step, record, row);
    changed = true;
  }
  if (IsSaid(!contact.company().empty(), cleared, Contact::kCompanyFieldNumber)) {
    UpdateCompany(step, record, row);
    changed = true;
  }
  if (changed)
    PutRow(&step->state, Family::kRecords, RecordKey(step->merchant_name(), record), *row);
  if (step->merchant.waiting_referrers() != 0) AnswerWaiting(step, record, contact);
}

void UpdateRelationsAfterDelete(Step* step, const Uuid& record, RecordRow* row) {
  if (!row->referrer().empty()) UpdateReferrer(step, record, row);
  if (!row->company().empty()) UpdateCompany(step, record, row);
}

void ForgetRelations(Step* step, const Uuid& record, const RecordRow& row) {
  const std::string& merchant = step->merchant_name();
  if (step->merchant.waiting_referrers() != 0) StopWaiting(step, record, ReferrerNamed(row));
  RecordRow ignored = row;
  SetReferrer(step, record, std::nullopt, &ignored);
  if (!row.company().empty()) {
    // What was bought in its name stays the company's, and so does what is still to come of that
    // time: only the card goes.
    step->state.Delete(Family::kRelations,
                       RelationKey(merchant, Relation::kContact, row.company(), record));
  }
  std::vector<Uuid> contacts;
  step->state.Scan(Family::kRelations, RelationPrefix(merchant, Relation::kContact, record.bytes()),
                   [&](std::string_view key, std::string_view) {
                     contacts.push_back(*Uuid::FromBytes(key.substr(key.size() - Uuid::kSize)));
                     return true;
                   });
  for (const Uuid& contact : contacts) {
    step->state.Delete(Family::kRelations,
                       RelationKey(merchant, Relation::kContact, record.bytes(), contact));
    const std::string key = RecordKey(merchant, contact);
    RecordRow of_contact;
    GetRow(step->state, Family::kRecords, key, &of_contact);
    of_contact.clear_company();
    PutRow(&step->state, Family::kRecords, key, of_contact);
    AccountRow account;
    GetRow(step->state, Family::kAccounts, key, &account);
    account.clear_company();
    PutRow(&step->state, Family::kAccounts, key, account);
  }
}

}  // namespace carnet::domain
