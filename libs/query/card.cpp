#include "query/card.h"

#include <algorithm>
#include <string>
#include <vector>

#include <google/protobuf/arena.h>

#include "base/error.h"
#include "base/fatal.h"
#include "carnet/log/v1/rows.pb.h"
#include "domain/customers/links.h"
#include "domain/customers/policy.h"
#include "domain/customers/record.h"
#include "domain/keys.h"
#include "query/members.h"
#include "query/names.h"
#include "query/reasons.h"
#include "query/row_scan.h"
#include "query/timestamps.h"

namespace carnet::query {
namespace {

using carnet::log::v1::Cell;
using carnet::log::v1::RecordRow;
using carnet::v1::Contact;
using carnet::v1::Customer;
using domain::Family;

void AddRecord(const RecordRow& row, const Uuid& id, Customer* card) {
  auto* record = card->add_records();
  record->set_name(FormatRecordName(id));
  record->set_channel(row.channel());
  record->set_source(row.source());
  if (!row.external_id_derived()) record->set_external_id(row.external_id());
  record->set_created_change_number(row.created_change_number());
  SetTimestamp(row.created_at_micros(), record->mutable_created_at());
}

// The part of the card that one member gives, before it is opened.
void TakeValue(Cell* cell, Contact* part) {
  if (cell->field() == Contact::kCustomFieldNumber) {
    for (auto& value : *cell->mutable_value()->mutable_custom()) part->add_custom()->Swap(&value);
    return;
  }
  part->GetReflection()->SwapFields(part, cell->mutable_value(),
                                    {domain::ContactField(cell->field())});
}

// What a record has where nobody has said anything: what policy gave it when it came to be.
void FillDefaults(const std::vector<const RecordRow*>& rows, Contact* contact) {
  for (const RecordRow* row : rows) {
    if (contact->accounting_account().empty())
      contact->set_accounting_account(row->generated_account());
    if (!contact->has_assignee() && row->has_default_assignee())
      *contact->mutable_assignee() = row->default_assignee();
  }
}

}  // namespace

std::string DisplayName(const Customer& card) {
  const Contact& contact = card.contact();
  if (!contact.company_name().plain().empty()) return contact.company_name().plain();
  const auto& name = contact.name();
  if (!name.full().plain().empty()) return name.full().plain();
  const std::string& given = name.given().plain();
  const std::string& family = name.family().plain();
  if (!given.empty() && !family.empty()) return given + " " + family;
  if (!given.empty() || !family.empty()) return given + family;
  for (const auto& email : contact.emails()) {
    if (!email.plain().empty()) return email.plain();
  }
  for (const auto& phone : contact.phones()) {
    if (!phone.plain().empty()) return phone.plain();
  }
  for (const auto& record : card.records()) {
    if (!record.external_id().empty()) return record.external_id();
  }
  return {};
}

bool IsHiddenField(const carnet::v1::MerchantPolicy& policy, const Cell& cell) {
  if (cell.field() != Contact::kCustomFieldNumber) {
    return !policy.fields().empty() &&
           domain::IsHidden(policy, domain::CardFieldName(cell.field(), cell.key()));
  }
  const auto* field = domain::FindCustomField(policy, cell.key());
  if (field == nullptr) return true;
  return !cell.cleared() && cell.value().custom_size() == 1 &&
         !domain::FitsCustomField(*field, cell.value().custom(0));
}

void FillOrigin(const Cell& cell, const RecordRow& row, std::string_view record,
                carnet::v1::FieldOrigin* origin) {
  origin->set_field(domain::CardFieldName(cell.field(), cell.key()));
  origin->set_record(record.data(), record.size());
  origin->set_channel(row.channel());
  origin->set_source(row.source());
  origin->set_actor(cell.actor());
  SetTimestamp(cell.as_of_micros(), origin->mutable_occurred_at());
  SetTimestamp(cell.recorded_at_micros(), origin->mutable_recorded_at());
  origin->set_change_number(cell.change_number());
}

void Contest::Add(const Cell& cell, const RecordRow& record, size_t member) {
  Entry& entry = entries_.emplace_back();
  entry.cell = &cell;
  entry.record = &record;
  entry.member = member;
}

std::vector<FieldContest> Contest::Fields() {
  const auto before = [](const Entry& a, const Entry& b) {
    return a.cell->field() != b.cell->field() ? a.cell->field() < b.cell->field()
                                              : a.cell->key() < b.cell->key();
  };
  // One record's cells stand in order.
  if (!std::is_sorted(entries_.begin(), entries_.end(), before)) {
    std::stable_sort(entries_.begin(), entries_.end(), before);
  }
  std::vector<FieldContest> fields;
  for (size_t i = 0; i < entries_.size(); ++i) {
    const Cell& cell = *entries_[i].cell;
    if (fields.empty() || fields.back().field != cell.field() || fields.back().key != cell.key()) {
      fields.push_back({.field = cell.field(), .key = cell.key(), .begin = i, .end = i});
    }
    ++fields.back().end;
  }
  return fields;
}

absl::Status FillCard(const domain::Reader& reader, const vault::Opener& opener,
                      const carnet::v1::MerchantPolicy& policy, std::string_view merchant,
                      const Uuid& customer, const CardParts& at_hand, Customer* card) {
  const bool alone = at_hand.record_row && CustomerIdOfRecordRow(*at_hand.record_row).empty();
  const std::vector<Uuid> members =
      alone ? std::vector<Uuid>{customer} : domain::MembersOf(reader, merchant, customer);
  // Most cards' rows fit into this block.
  alignas(8) char first_block[16 << 10];
  google::protobuf::Arena arena(first_block, sizeof first_block);
  Contest contest;
  domain::CardEtagBuilder etag;
  std::vector<const RecordRow*> rows;
  std::string buffer;
  bool deleted = true;
  for (size_t member = 0; member < members.size(); ++member) {
    const Uuid& id = members[member];
    std::string_view bytes;
    if (at_hand.record_row && id == customer) {
      bytes = *at_hand.record_row;
    } else {
      if (!reader.Get(Family::kRecords, domain::RecordKey(merchant, id), &buffer)) {
        return Error(absl::StatusCode::kNotFound, reason::kCustomerUnknown,
                     "there is no customer " + id.ToString());
      }
      bytes = buffer;
    }
    auto* row = google::protobuf::Arena::CreateMessage<RecordRow>(&arena);
    CARNET_ASSERT(row->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    AddRecord(*row, id, card);
    if (!at_hand.values_alone) etag.Add(id, *row);
    rows.push_back(row);
    deleted = deleted && row->has_deleted_as_of_micros();
    for (const Cell& cell : row->cells()) {
      if (IsHiddenField(policy, cell)) continue;
      contest.Add(cell, *row, member);
      deleted = deleted && domain::IsDeleted(cell, *row);
    }
  }
  // What each member gives, opened at once, where it was parsed: what is copied to the card is
  // plain, without box and tokens.
  std::vector<Contact*> parts(members.size());
  for (const FieldContest& field : contest.Fields()) {
    const auto entries = contest.entries(field);
    const ptrdiff_t winner = domain::WinnerOf(entries);
    if (winner < 0) continue;
    const Contest::Entry& best = entries[static_cast<size_t>(winner)];
    if (best.cell->cleared()) continue;
    if (!at_hand.values_alone) {
      FillOrigin(*best.cell, *best.record, card->records(static_cast<int>(best.member)).name(),
                 card->add_origins());
    }
    if (field.field == Contact::kReferrerFieldNumber && !best.record->referrer().empty()) {
      const Uuid referrer = *Uuid::FromBytes(best.record->referrer());
      const auto who = domain::CustomerOfRecord(reader, merchant, referrer);
      card->set_referrer(FormatRecordName(who.value_or(referrer)));
    }
    Contact*& part = parts[best.member];
    if (part == nullptr) part = google::protobuf::Arena::CreateMessage<Contact>(&arena);
    TakeValue(const_cast<Cell*>(best.cell), part);  // ours, a moment ago parsed
  }
  for (size_t member = 0; member < members.size(); ++member) {
    if (parts[member] == nullptr) continue;
    const absl::Status opened = opener.Open(merchant, members[member], parts[member], at_hand.keys);
    if (!opened.ok()) return opened;
    card->mutable_contact()->MergeFrom(*parts[member]);
  }
  if (members.size() > 1 && card->contact().custom_size() > 1) {
    auto* custom = card->mutable_contact()->mutable_custom();
    std::sort(custom->begin(), custom->end(),
              [](const auto& a, const auto& b) { return a.key() < b.key(); });
  }
  if (!rows.front()->has_erased_at_micros()) FillDefaults(rows, card->mutable_contact());
  absl::StatusOr<UnitBalances> sums = UnitBalances();
  if (!alone || !at_hand.account_row) {
    sums = SumBalances(reader, merchant, members);
  } else if (!AddBalancesOfAccountRow(*at_hand.account_row, &*sums)) {
    return SumOverflows();
  }
  if (!sums.ok()) return sums.status();
  for (const UnitBalance& sum : *sums) {
    SetBalance(sum, card->add_balances());
    SetBought(sum, card);
  }
  card->set_name(FormatCustomerName(merchant, customer));
  card->set_display_name(DisplayName(*card));
  if (at_hand.values_alone) return absl::OkStatus();
  card->set_archived(rows.front()->archived_change_number() != 0);
  card->set_deleted(deleted);
  card->set_erased(rows.front()->has_erased_at_micros());
  card->set_etag(etag.Finish());
  return absl::OkStatus();
}

}  // namespace carnet::query
