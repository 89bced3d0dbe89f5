#include "query/card.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include <google/protobuf/arena.h>
#include <google/protobuf/descriptor.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/fatal.h"
#include "carnet/log/v1/rows.pb.h"
#include "domain/customers/cells.h"
#include "domain/customers/links.h"
#include "domain/keys.h"
#include "query/members.h"
#include "query/names.h"
#include "query/reasons.h"
#include "query/timestamps.h"

namespace carnet::query {
namespace {

using carnet::log::v1::Cell;
using carnet::log::v1::RecordRow;
using carnet::v1::Contact;
using carnet::v1::Customer;
using domain::Family;
using google::protobuf::FieldDescriptor;

// A cell that may be the one on the card.
struct Candidate {
  Cell* cell;
  const RecordRow* record;
  size_t member;  // whose record it is
};

// Keeps, for each field, the cell that wins; ordered by field number.
class Winners {
 public:
  void Offer(const Candidate& candidate) {
    auto place = std::lower_bound(
        winners_.begin(), winners_.end(), candidate.cell->field(),
        [](const Candidate& winner, uint32_t field) { return winner.cell->field() < field; });
    if (place == winners_.end() || place->cell->field() != candidate.cell->field()) {
      winners_.insert(place, candidate);
    } else if (domain::RankOf(*candidate.cell, *candidate.record) >
               domain::RankOf(*place->cell, *place->record)) {
      *place = candidate;
    }
  }
  const auto& all() const { return winners_; }

 private:
  absl::InlinedVector<Candidate, 16> winners_;
};

// What a card shows of a cell is decided by the change that wrote it, what it shows of a record
// never changes, and the rest is in the balances. So the tag is a hash over which cells won and
// what is owed: cheap, and it can't give away a personal value.
class EtagBuilder {
 public:
  void Add(const Uuid& id) { text_.append(id.bytes()); }
  void Add(uint64_t number) { AppendBigEndian64(number, &text_); }
  void Add(std::string_view text) {
    Add(text.size());
    text_.append(text);
  }
  std::string Finish() const { return Uuid::FromFields({text_}).ToString(); }

 private:
  std::string text_;
};

const FieldDescriptor* FieldOf(const Cell& cell) {
  return Contact::descriptor()->FindFieldByNumber(static_cast<int>(cell.field()));
}

void AddOrigin(const Candidate& winner, const std::string& field, Customer* card) {
  auto* origin = card->add_origins();
  origin->set_field(field);
  origin->set_record(card->records(static_cast<int>(winner.member)).name());
  origin->set_channel(winner.record->channel());
  origin->set_source(winner.record->source());
  origin->set_actor(winner.cell->actor());
  SetTimestamp(winner.cell->as_of_micros(), origin->mutable_occurred_at());
  SetTimestamp(winner.cell->recorded_at_micros(), origin->mutable_recorded_at());
  origin->set_change_number(winner.cell->change_number());
}

void AddRecord(const RecordRow& row, const Uuid& id, Customer* card) {
  auto* record = card->add_records();
  record->set_name(FormatRecordName(id));
  record->set_channel(row.channel());
  record->set_source(row.source());
  if (!row.external_id_derived()) record->set_external_id(row.external_id());
  record->set_created_change_number(row.created_change_number());
  SetTimestamp(row.created_at_micros(), record->mutable_created_at());
}

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

}  // namespace

absl::Status FillCard(const domain::Reader& reader, const vault::Opener& opener,
                      std::string_view merchant, const Uuid& customer,
                      const std::string_view* first_row, Customer* card) {
  const std::vector<Uuid> members = domain::MembersOf(reader, merchant, customer);
  // Most cards' rows fit into this block.
  alignas(8) char first_block[16 << 10];
  google::protobuf::Arena arena(first_block, sizeof first_block);
  Winners winners;
  EtagBuilder etag;
  std::string buffer;
  for (size_t member = 0; member < members.size(); ++member) {
    const Uuid& id = members[member];
    std::string_view bytes;
    if (first_row && id == customer) {
      bytes = *first_row;
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
    etag.Add(id);
    for (Cell& cell : *row->mutable_cells()) {
      winners.Offer({.cell = &cell, .record = row, .member = member});
    }
  }
  // What each member gives, opened at once, where it was parsed: what is copied to the card is
  // plain, without box and tokens.
  std::vector<Contact*> parts(members.size());
  for (const Candidate& winner : winners.all()) {
    const FieldDescriptor* field = FieldOf(*winner.cell);
    CARNET_ASSERT(field != nullptr);
    Contact*& part = parts[winner.member];
    if (part == nullptr) part = google::protobuf::Arena::CreateMessage<Contact>(&arena);
    part->GetReflection()->SwapFields(part, winner.cell->mutable_value(), {field});
    AddOrigin(winner, field->name(), card);
    etag.Add(members[winner.member]);
    etag.Add(uint64_t{winner.cell->field()});
    etag.Add(winner.cell->change_number());
  }
  for (size_t member = 0; member < members.size(); ++member) {
    if (parts[member] == nullptr) continue;
    const absl::Status opened = opener.Open(merchant, members[member], parts[member]);
    if (!opened.ok()) return opened;
    card->mutable_contact()->MergeFrom(*parts[member]);
  }
  const auto sums = SumBalances(reader, merchant, members);
  if (!sums.ok()) return sums.status();
  for (const UnitBalance& sum : *sums) {
    SetBalance(sum.unit, sum.minor, card->add_balances());
    etag.Add(sum.unit);
    etag.Add(static_cast<uint64_t>(sum.minor));
  }
  card->set_name(FormatCustomerName(merchant, customer));
  card->set_display_name(DisplayName(*card));
  card->set_etag(etag.Finish());
  return absl::OkStatus();
}

}  // namespace carnet::query
