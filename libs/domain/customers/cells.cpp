#include "domain/customers/cells.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "base/bytes.h"
#include "carnet/log/v1/card_rows.pb.h"
#include "domain/customers/links.h"
#include "domain/keys.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::Cell;
using carnet::log::v1::HistoryRow;
using carnet::log::v1::RecordRow;
using carnet::v1::Contact;
using google::protobuf::FieldDescriptor;

// What lookups go by. Others only stand in the log.
bool IsLookupToken(carnet::v1::IdentityTokenKind kind) {
  return kind == carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT ||
         kind == carnet::v1::IDENTITY_TOKEN_KIND_PHONE;
}

bool IsLookupField(uint32_t field) {
  return field == Contact::kEmailsFieldNumber || field == Contact::kPhonesFieldNumber;
}

// Points into a contact.
using LookupKey = std::pair<carnet::v1::IdentityTokenKind, std::string_view>;
using LookupKeys = absl::InlinedVector<LookupKey, 8>;

LookupKeys LookupKeysOf(const Contact& contact) {
  LookupKeys keys;
  for (const auto* values : {&contact.emails(), &contact.phones()}) {
    for (const auto& value : *values) {
      for (const auto& token : value.sealed().tokens()) {
        if (IsLookupToken(token.kind())) keys.emplace_back(token.kind(), token.value());
      }
    }
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

// Rows for what is in `after` and not in `before`; none for what is the other way round.
void UpdateLookups(Step* step, const Uuid& record, const LookupKeys& before,
                   const LookupKeys& after) {
  const std::string& merchant = step->merchant_name();
  for (const auto& [kind, token] : before) {
    if (!std::binary_search(after.begin(), after.end(), LookupKey(kind, token))) {
      step->state.Delete(Family::kIdentifiers, IdentifierKey(merchant, kind, token, record));
    }
  }
  for (const auto& [kind, token] : after) {
    if (!std::binary_search(before.begin(), before.end(), LookupKey(kind, token))) {
      step->state.Put(Family::kIdentifiers, IdentifierKey(merchant, kind, token, record), "");
    }
  }
}

// What views keep of one field: of the identity tokens, those that lookups go by.
void KeepLookupTokensOnly(Contact* kept) {
  if (kept->has_name()) kept->mutable_name()->clear_tokens();
  for (auto& address : *kept->mutable_addresses()) address.clear_tokens();
  if (kept->company_name().has_sealed())
    kept->mutable_company_name()->mutable_sealed()->clear_tokens();
  if (kept->birth_date().has_sealed()) kept->mutable_birth_date()->mutable_sealed()->clear_tokens();
  for (auto& number : *kept->mutable_company_numbers()) {
    if (number.number().has_sealed()) number.mutable_number()->mutable_sealed()->clear_tokens();
  }
  for (auto* values : {kept->mutable_emails(), kept->mutable_phones()}) {
    for (auto& value : *values) {
      if (!value.has_sealed()) continue;
      auto* tokens = value.mutable_sealed()->mutable_tokens();
      tokens->erase(std::remove_if(tokens->begin(), tokens->end(),
                                   [](const auto& token) { return !IsLookupToken(token.kind()); }),
                    tokens->end());
    }
  }
}

// Cells are kept by field, then key, so that equal states have equal bytes.
Cell* FindOrInsert(RecordRow* row, const CardField& field, bool* inserted) {
  auto* cells = row->mutable_cells();
  const auto before = [&](const Cell& cell) {
    return cell.field() < field.number || (cell.field() == field.number && cell.key() < field.key);
  };
  int place = 0;
  while (place < cells->size() && before(cells->Get(place))) ++place;
  *inserted = place == cells->size() || cells->Get(place).field() != field.number ||
              cells->Get(place).key() != field.key;
  if (*inserted) {
    Cell* cell = cells->Add();
    cell->set_field(field.number);
    if (!field.key.empty()) cell->set_key(field.key);
    for (int i = cells->size() - 1; i > place; --i) cells->SwapElements(i, i - 1);
  }
  return cells->Mutable(place);
}

// A gateway seals equal values of one record and field to equal bytes, so that it can be told here
// that a channel only said again what it had said.
bool SameValue(const Cell& a, const Cell& b) {
  if (a.cleared() != b.cleared()) return false;
  const size_t size = a.value().ByteSizeLong();
  if (size != b.value().ByteSizeLong()) return false;
  std::string bytes_a;
  std::string bytes_b;
  a.value().SerializeToString(&bytes_a);
  b.value().SerializeToString(&bytes_b);
  return bytes_a == bytes_b;
}

// One change on its way into one record.
class Merge {
 public:
  Merge(Step* step, const Uuid& record, const ContactSaid& said, RecordRow* row)
      : step_(step), record_(record), said_(said), row_(row) {}

  bool Run() {
    Contact kept = said_.contact;
    KeepLookupTokensOnly(&kept);
    std::vector<const FieldDescriptor*> fields;  // in number order
    kept.GetReflection()->ListFields(kept, &fields);
    for (const FieldDescriptor* field : fields) {
      const auto number = static_cast<uint32_t>(field->number());
      if (number == Contact::kCustomFieldNumber) {
        for (auto& each : *kept.mutable_custom()) {
          Cell cell = NewCell({number, each.key()});
          cell.mutable_value()->add_custom()->Swap(&each);
          Say(&cell);
        }
        continue;
      }
      Cell cell = NewCell({number, {}});
      // Whatever its type, a cell needs no code of its own.
      cell.mutable_value()->GetReflection()->SwapFields(cell.mutable_value(), &kept, {field});
      Say(&cell);
    }
    for (const CardField& field : said_.cleared) {
      Cell cell = NewCell(field);
      cell.set_cleared(true);
      Say(&cell);
    }
    if (!history_.cells().empty()) {
      PutRow(&step_->state, Family::kHistory,
             HistoryKey(step_->merchant_name(), record_, step_->number), history_);
    }
    if (!changed_.empty()) {
      std::sort(changed_.begin(), changed_.end());
      changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
      const auto customer = Uuid::FromBytes(row_->customer_id());
      step_->feed.CustomerUpdated(record_, customer.value_or(record_), changed_);
    }
    return touched_;
  }

 private:
  Cell NewCell(const CardField& field) const {
    Cell cell;
    cell.set_field(field.number);
    if (!field.key.empty()) cell.set_key(field.key);
    cell.set_as_of_micros(step_->as_of());
    cell.set_recorded_at_micros(step_->recorded_at);
    cell.set_change_number(step_->number);
    cell.set_actor(step_->change.actor());
    cell.set_observed(said_.observed);
    if (said_.rank_of) cell.set_channel_rank(said_.rank_of(field.number, field.key));
    if (std::binary_search(said_.reverted.begin(), said_.reverted.end(), field)) {
      cell.set_reverted_as_of_micros(step_->as_of());
    }
    return cell;
  }

  // Puts `said` in the place of what the record has, or into the history.
  void Say(Cell* said) {
    bool inserted = false;
    Cell* const cell = FindOrInsert(row_, {said->field(), said->key()}, &inserted);
    touched_ = true;
    if (!inserted) {
      // One channel, one record: here ranks are equal, whatever policy said in between.
      const std::pair existing(!cell->observed(), cell->as_of_micros());
      if (std::pair(!said->observed(), said->as_of_micros()) < existing) {
        CarryRevert(*said, cell);
        AddToHistory(said);
        return;
      }
      CarryRevert(*cell, said);
      const bool hidden = IsDeleted(*cell, *row_);
      if (!hidden && SameValue(*cell, *said)) {
        // Said again: known to be true at a later time, by a newer change. That may decide between
        // the records of a customer.
        if (!row_->customer_id().empty()) changed_.push_back(said->field());
        cell->Swap(said);
        return;
      }
      if (IsLookupField(cell->field())) {
        UpdateLookups(step_, record_, hidden ? LookupKeys() : LookupKeysOf(cell->value()),
                      IsDeleted(*said, *row_) ? LookupKeys() : LookupKeysOf(said->value()));
      }
      cell->Swap(said);
      AddToHistory(said);  // which is what was there
    } else {
      cell->Swap(said);
      if (IsLookupField(cell->field()) && !IsDeleted(*cell, *row_)) {
        UpdateLookups(step_, record_, {}, LookupKeysOf(cell->value()));
      }
    }
    changed_.push_back(cell->field());
  }

  // That somebody put the field back holds on when the cell that said so is replaced.
  static void CarryRevert(const Cell& from, Cell* to) {
    if (!from.has_reverted_as_of_micros()) return;
    if (!to->has_reverted_as_of_micros() ||
        to->reverted_as_of_micros() < from.reverted_as_of_micros()) {
      to->set_reverted_as_of_micros(from.reverted_as_of_micros());
    }
  }

  // By field and key, as fields are said in that order.
  void AddToHistory(Cell* cell) {
    const auto before = [](const Cell& a, const Cell& b) {
      return std::pair(a.field(), std::string_view(a.key())) <
             std::pair(b.field(), std::string_view(b.key()));
    };
    history_.add_cells()->Swap(cell);
    auto* cells = history_.mutable_cells();
    for (int i = cells->size() - 1; i > 0 && before(cells->Get(i), cells->Get(i - 1)); --i)
      cells->SwapElements(i, i - 1);
  }

  Step* const step_;
  const Uuid& record_;
  const ContactSaid& said_;
  RecordRow* const row_;
  HistoryRow history_;
  std::vector<uint32_t> changed_;
  bool touched_ = false;
};

}  // namespace

namespace internal {

bool BeatenByRevert(const Cell& cell, int64_t reverted_as_of) {
  const bool is_the_revert = cell.has_reverted_as_of_micros() &&
                             cell.reverted_as_of_micros() == reverted_as_of &&
                             cell.as_of_micros() == reverted_as_of;
  return !is_the_revert && cell.as_of_micros() <= reverted_as_of;
}

}  // namespace internal

CellRank RankOf(const Cell& cell, const RecordRow& record) {
  return {.own = !cell.observed(),
          .channel_rank = cell.channel_rank(),
          .as_of_micros = cell.as_of_micros(),
          .channel = record.channel(),
          .source = record.source(),
          .external_id = record.external_id()};
}

bool IsDeleted(const Cell& cell, const RecordRow& record) {
  return record.has_deleted_as_of_micros() && cell.as_of_micros() <= record.deleted_as_of_micros();
}

bool MergeContact(Step* step, const Uuid& record, const ContactSaid& said, RecordRow* row) {
  if (!Merge(step, record, said, row).Run()) return false;
  row->set_card_change_number(step->number);
  PutRow(&step->state, Family::kRecords, RecordKey(step->merchant_name(), record), *row);
  return true;
}

void DropLookups(Step* step, const Uuid& record, const RecordRow& before, const RecordRow& after) {
  for (int i = 0; i < before.cells_size(); ++i) {
    const Cell& cell = before.cells(i);
    if (!IsLookupField(cell.field()) || IsDeleted(cell, before) || !IsDeleted(cell, after))
      continue;
    UpdateLookups(step, record, LookupKeysOf(cell.value()), {});
  }
}

void CardEtagBuilder::Add(const Uuid& member, const RecordRow& row) {
  text_.append(member.bytes());
  AppendBigEndian64(row.card_change_number(), &text_);
}

std::string CardEtagBuilder::Finish() const { return Uuid::FromFields({text_}).ToString(); }

std::string CardEtag(const Reader& state, std::string_view merchant, const Uuid& customer) {
  CardEtagBuilder builder;
  for (const Uuid& member : MembersOf(state, merchant, customer)) {
    RecordRow row;
    GetRow(state, Family::kRecords, RecordKey(merchant, member), &row);
    builder.Add(member, row);
  }
  return builder.Finish();
}

Verdict CheckEtag(const Step& step, const std::optional<Uuid>& customer) {
  const std::string& wanted = step.change.preconditions().etag();
  if (wanted.empty()) return Verdict::Applied();
  if (customer && CardEtag(step.state, step.merchant_name(), *customer) == wanted)
    return Verdict::Applied();
  return Verdict::Rejected(reason::kEtagChanged,
                           "the card was changed since: read it again and decide anew");
}

}  // namespace carnet::domain
