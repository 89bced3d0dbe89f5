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

template <typename Values, typename TextOf>
std::string_view FirstText(const Values& values, TextOf text_of) {
  for (const auto& value : values) {
    if (!text_of(value).empty()) return text_of(value);
  }
  return {};
}

std::string DisplayNameOf(const Customer& card) {
  const auto plain = [](const auto& value) -> const std::string& { return value.plain(); };
  const Contact& contact = card.contact();
  return DisplayName(
      {.company_name = contact.company_name().plain(),
       .full_name = contact.name().full().plain(),
       .given_name = contact.name().given().plain(),
       .family_name = contact.name().family().plain(),
       .email = FirstText(contact.emails(), plain),
       .phone = FirstText(contact.phones(), plain),
       .external_id = FirstText(card.records(), [](const auto& record) -> const std::string& {
         return record.external_id();
       })});
}

}  // namespace

std::string DisplayName(const NameSources& sources) {
  if (!sources.company_name.empty()) return std::string(sources.company_name);
  if (!sources.full_name.empty()) return std::string(sources.full_name);
  if (!sources.given_name.empty() || !sources.family_name.empty()) {
    std::string name(sources.given_name);
    if (!sources.given_name.empty() && !sources.family_name.empty()) name.push_back(' ');
    return name.append(sources.family_name);
  }
  for (const std::string_view other : {sources.email, sources.phone}) {
    if (!other.empty()) return std::string(other);
  }
  return std::string(sources.external_id);
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
  const absl::StatusOr<UnitBalances> sums = SumBalances(reader, merchant, members);
  if (!sums.ok()) return sums.status();
  for (const UnitBalance& sum : *sums) {
    SetBalance(sum, card->add_balances());
    SetBought(sum, card);
  }
  card->set_name(FormatCustomerName(merchant, customer));
  card->set_display_name(DisplayNameOf(*card));
  if (at_hand.values_alone) return absl::OkStatus();
  card->set_archived(rows.front()->archived_change_number() != 0);
  card->set_deleted(deleted);
  card->set_erased(rows.front()->has_erased_at_micros());
  card->set_etag(etag.Finish());
  return absl::OkStatus();
}

}  // namespace carnet::query
