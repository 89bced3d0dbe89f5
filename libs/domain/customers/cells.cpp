#include "domain/customers/cells.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "domain/customers/record.h"
#include "domain/keys.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::Cell;
using carnet::log::v1::RecordRow;
using carnet::v1::Contact;
using google::protobuf::FieldDescriptor;

// What lookups go by. Identity will use the other kinds; until then they only stand in the log.
bool IsLookupToken(carnet::v1::IdentityTokenKind kind) {
  return kind == carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT ||
         kind == carnet::v1::IDENTITY_TOKEN_KIND_PHONE;
}

using LookupKeys = std::set<std::pair<carnet::v1::IdentityTokenKind, std::string>>;

void AddLookupKeys(const Contact& contact, LookupKeys* keys) {
  const auto add = [&](const auto& values) {
    for (const auto& value : values) {
      for (const auto& token : value.sealed().tokens()) {
        if (IsLookupToken(token.kind())) keys->emplace(token.kind(), token.value());
      }
    }
  };
  add(contact.emails());
  add(contact.phones());
}

LookupKeys LookupKeysOf(const RecordRow& row) {
  LookupKeys keys;
  for (const Cell& cell : row.cells()) AddLookupKeys(cell.value(), &keys);
  return keys;
}

// What views keep of a contact: of the identity tokens, those that lookups go by. The others stand
// in the log.
Contact WithLookupTokensOnly(const Contact& contact) {
  Contact kept = contact;
  if (kept.has_name()) kept.mutable_name()->clear_tokens();
  for (auto& address : *kept.mutable_addresses()) address.clear_tokens();
  if (kept.has_company_name()) kept.mutable_company_name()->mutable_sealed()->clear_tokens();
  if (kept.has_birth_date()) kept.mutable_birth_date()->mutable_sealed()->clear_tokens();
  for (auto& number : *kept.mutable_company_numbers())
    number.mutable_number()->mutable_sealed()->clear_tokens();
  for (auto* values : {kept.mutable_emails(), kept.mutable_phones()}) {
    for (auto& value : *values) {
      auto* tokens = value.mutable_sealed()->mutable_tokens();
      tokens->erase(std::remove_if(tokens->begin(), tokens->end(),
                                   [](const auto& token) { return !IsLookupToken(token.kind()); }),
                    tokens->end());
    }
  }
  return kept;
}

// Moves one field into a contact that has no other: whatever its type, a cell needs no code of its
// own.
void MoveField(const FieldDescriptor* field, Contact* from, Contact* to) {
  to->Clear();
  to->GetReflection()->SwapFields(to, from, {field});
}

// Cells are kept in field order, so that equal states have equal bytes.
Cell* FindOrInsert(RecordRow* row, uint32_t field, bool* inserted) {
  auto* cells = row->mutable_cells();
  int place = 0;
  while (place < cells->size() && cells->Get(place).field() < field) ++place;
  *inserted = place == cells->size() || cells->Get(place).field() != field;
  if (*inserted) {
    cells->Add()->set_field(field);
    for (int i = cells->size() - 1; i > place; --i) cells->SwapElements(i, i - 1);
  }
  return cells->Mutable(place);
}

}  // namespace

CellRank RankOf(const Cell& cell, const RecordRow& record) {
  return {.own = !cell.observed(),
          .as_of_micros = cell.as_of_micros(),
          .channel = record.channel(),
          .source = record.source(),
          .external_id = record.external_id()};
}

void MergeContact(Step* step, const Uuid& record, std::string_view external_id, bool derived,
                  const Contact& contact, bool observed) {
  const std::string key = RecordKey(step->merchant_name(), record);
  RecordRow row;
  if (!GetRow(step->state, Family::kRecords, key, &row)) {
    row = CreateRecord(step, record, external_id, derived);
  }
  const LookupKeys before = LookupKeysOf(row);

  Contact kept = WithLookupTokensOnly(contact);
  std::vector<const FieldDescriptor*> set_fields;  // in number order
  kept.GetReflection()->ListFields(kept, &set_fields);
  std::vector<uint32_t> changed;
  for (const FieldDescriptor* field : set_fields) {
    const auto number = static_cast<uint32_t>(field->number());
    bool inserted = false;
    Cell* cell = FindOrInsert(&row, number, &inserted);
    if (!inserted) {
      const std::pair existing(!cell->observed(), cell->as_of_micros());
      if (std::pair(!observed, step->as_of()) < existing) continue;
    }
    MoveField(field, &kept, cell->mutable_value());
    cell->set_as_of_micros(step->as_of());
    cell->set_recorded_at_micros(step->recorded_at);
    cell->set_change_number(step->number);
    cell->set_actor(step->change.actor());
    cell->set_observed(observed);
    changed.push_back(number);
  }
  if (changed.empty()) return;

  const LookupKeys after = LookupKeysOf(row);
  for (const auto& [kind, token] : before) {
    if (!after.contains({kind, token})) {
      step->state.Delete(Family::kIdentifiers,
                         IdentifierKey(step->merchant_name(), kind, token, record));
    }
  }
  for (const auto& [kind, token] : after) {
    if (!before.contains({kind, token})) {
      step->state.Put(Family::kIdentifiers,
                      IdentifierKey(step->merchant_name(), kind, token, record), "");
    }
  }
  PutRow(&step->state, Family::kRecords, key, row);
  const auto customer = Uuid::FromBytes(row.customer_id());
  step->feed.CustomerUpdated(record, customer.value_or(record), changed);
}

}  // namespace carnet::domain
