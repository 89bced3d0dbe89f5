#include "projector/customer_import.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/error.h"
#include "base/sha256.h"
#include "base/uuid.h"
#include "domain/customers/catalogue.h"
#include "domain/customers/record.h"
#include "domain/fold.h"
#include "domain/reasons.h"
#include "query/edits.h"
#include "query/full_card.h"
#include "query/members.h"
#include "query/names.h"
#include "query/view.h"

namespace carnet::projector_service {
namespace {

constexpr int32_t kUsualRows = 1000;
constexpr int32_t kMostRows = 5000;

absl::Status WrongStep(std::string_view detail) {
  return Error(absl::StatusCode::kInvalidArgument, "IMPORT_STEP", detail, "step");
}

void Refuse(std::string_view reason, std::string_view field, std::string_view detail,
            v1::ImportRow* result) {
  result->set_result(v1::IMPORT_RESULT_REFUSED);
  auto* violation = result->add_violations();
  violation->set_field(std::string(field));
  violation->set_reason(std::string(reason));
  violation->set_detail(std::string(detail));
}

// Moves one field of a contact, as it is said on its own.
void MoveField(const std::string& name, v1::Contact* from, v1::Contact* to) {
  const auto field = domain::ParseCardField(name);
  if (field->key.empty()) {
    from->GetReflection()->SwapFields(from, to, {domain::ContactField(field->number)});
    return;
  }
  for (auto& value : *from->mutable_custom()) {
    if (value.key() == field->key) to->add_custom()->Swap(&value);
  }
}

// What became of a row's change.
void SetOutcome(const v1::Outcome& outcome, v1::ImportRow* result) {
  const absl::Status refused = StatusOf(outcome);
  // The change had another content when it was taken first: a card that has changed since.
  const bool taken_before = outcome.status() == v1::OUTCOME_STATUS_DUPLICATE ||
                            outcome.reason() == domain::reason::kIdReused;
  if (!refused.ok() && outcome.reason() != domain::reason::kIdReused) {
    result->clear_fields();
    result->set_result(v1::IMPORT_RESULT_REFUSED);
    *result->mutable_violations() = outcome.violations();
    for (auto& violation : *result->mutable_violations()) {
      if (violation.reason().empty()) violation.set_reason(outcome.reason());
    }
    if (outcome.violations().empty()) Refuse(outcome.reason(), {}, outcome.detail(), result);
    return;
  }
  if (taken_before) {
    result->clear_fields();
    result->set_result(v1::IMPORT_RESULT_REPEATED);
  }
  if (result->customer().empty()) result->set_customer(outcome.record());
}

// Why a row's change was not taken. False: nobody knows whether it was.
bool SetError(const absl::Status& error, v1::ImportRow* result) {
  if (!absl::IsInvalidArgument(error) && !absl::IsPermissionDenied(error)) return false;
  result->clear_fields();
  // "change.body.contact_observed.contact.emails[3]" → "emails[3]".
  constexpr std::string_view kContact = "change.body.contact_observed.contact.";
  std::string field = FieldOf(error);
  if (field.starts_with(kContact)) field.erase(0, kContact.size());
  Refuse(ReasonOf(error), field, std::string(error.message()), result);
  return true;
}

}  // namespace

void CustomerImport::Step(v1::ImportCustomersRequest request, v1::ImportCustomersResponse* response,
                          const runtime::CallInfo& call, runtime::Done done) {
  switch (request.step_case()) {
    case v1::ImportCustomersRequest::kHeader: {
      if (has_header_) return done(WrongStep("one header, before the file"));
      if (!publish_ && !request.header().preview()) {
        return done(Error(absl::StatusCode::kUnavailable, "NO_GATEWAY",
                          "this process takes no changes: import through one with the gateway "
                          "role, or ask for a preview"));
      }
      const auto merchant = query::CheckMerchant(request.header().merchant(), "header.merchant");
      if (!merchant.ok()) return done(merchant.status());
      header_ = request.header();
      has_header_ = true;
      return done(absl::OkStatus());
    }
    case v1::ImportCustomersRequest::kData:
      if (!has_header_ || reader_ != nullptr)
        return done(WrongStep("the file comes after the header and before `next`"));
      if (bytes_.size() + request.data().size() > files::kMostFileBytes) {
        return done(Error(absl::StatusCode::kInvalidArgument, "FILE_TOO_LARGE",
                          "a file has at most 128 MiB: split it", "data"));
      }
      bytes_.append(request.data());
      return done(absl::OkStatus());
    case v1::ImportCustomersRequest::kNext: {
      if (!has_header_) return done(WrongStep("a header comes first"));
      if (reader_ == nullptr) {
        if (absl::Status status = Open(); !status.ok()) return done(std::move(status));
      }
      const int32_t rows = request.next().rows() <= 0 ? kUsualRows : request.next().rows();
      if (absl::Status status = Next(std::min(rows, kMostRows), response, call, done);
          !status.ok()) {
        done(std::move(status));
      }
      return;
    }
    case v1::ImportCustomersRequest::STEP_NOT_SET:
      break;
  }
  done(WrongStep("say header, data or next"));
}

absl::Status CustomerImport::Open() {
  const auto moment = moments_->Now(moments_->PartitionOf(header_.merchant()));
  if (!moment.ok()) return moment.status();
  if (header_.format() == v1::FILE_FORMAT_UNSPECIFIED) header_.set_format(files::FormatOf(bytes_));
  hash_ = Sha256(bytes_);
  columns_ = std::make_unique<files::CardColumns>(
      customers_->PolicyOf(*moment->snapshot, header_.merchant())->policy());
  // Once through it all, so that a file that is broken at its end changes nothing.
  files::Row row;
  {
    auto reader = files::ReadRows(bytes_, header_.format());
    if (!reader.ok()) return reader.status();
    auto more = (*reader)->Next(&row);
    if (!more.ok()) return more.status();
    if (!*more) {
      return Error(absl::StatusCode::kInvalidArgument, "FILE_EMPTY",
                   "the file has no row with the columns' titles: an export is the template",
                   "data");
    }
    if (absl::Status status = ReadTitles(row); !status.ok()) return status;
    for (;;) {
      more = (*reader)->Next(&row);
      if (!more.ok()) return more.status();
      if (!*more) break;
      ++total_;
    }
  }
  auto reader = files::ReadRows(bytes_, header_.format());
  if (!reader.ok()) return reader.status();
  reader_ = *std::move(reader);
  return reader_->Next(&row).status();
}

absl::Status CustomerImport::ReadTitles(const files::Row& titles) {
  std::set<std::string> seen;
  for (size_t i = 0; i < titles.size(); ++i) {
    const std::string title(absl::StripAsciiWhitespace(absl::AsciiStrToLower(titles[i])));
    FileColumn& column = file_columns_.emplace_back();
    if (title.empty()) continue;
    if (!seen.insert(title).second)
      return files::FileError("FILE_COLUMN_TWICE", 1, i, "the title " + title + " stands twice");
    column.is_id = title == files::kIdTitle;
    column.is_version = title == files::kVersionTitle;
    if (column.is_id || column.is_version || title == files::kNameTitle ||
        title == files::kBalanceTitle) {
      continue;
    }
    for (const files::Column& each : columns_->columns()) {
      if (absl::AsciiStrToLower(each.title) == title) column.card = &each;
    }
    if (column.card == nullptr) {
      return files::FileError("FILE_COLUMN_UNKNOWN", 1, i,
                              "no field is called " + title + ": an export has all titles");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> CustomerImport::Draw(const Moments::Moment& moment, const files::Row& row,
                                          int64_t number, v1::ImportRow* result,
                                          v1::Change* change) const {
  const bool is_csv = header_.format() == v1::FILE_FORMAT_CSV;
  result->set_row(number);
  const Uuid change_id = Uuid::FromFields({"import", hash_, std::to_string(number)});
  if (WasTaken(moment, change_id, result)) return false;
  std::string id_text;
  uint64_t version = 0;
  for (size_t i = 0; i < row.size() && i < file_columns_.size(); ++i) {
    if (file_columns_[i].is_id) id_text = std::string(absl::StripAsciiWhitespace(row[i]));
    if (file_columns_[i].is_version && !absl::SimpleAtoi(row[i], &version)) version = 0;
  }
  v1::Customer card;
  std::optional<Uuid> customer;
  if (!id_text.empty()) {
    const auto id = domain::ParseCustomerId(id_text);
    const auto found = id ? query::CustomerOf(*moment.snapshot, header_.merchant(), *id, "id")
                          : absl::StatusOr<Uuid>(absl::NotFoundError("no id"));
    if (!found.ok()) {
      Refuse("NOT_FOUND", "id", "there is no customer with this id: leave it empty for a new one",
             result);
      return false;
    }
    customer = *found;
    result->set_customer(query::FormatRecordName(*customer));
    const absl::Status filled = customers_->Fill(*moment.snapshot, header_.merchant(), *customer,
                                                 v1::CUSTOMER_VIEW_BASIC, &card);
    if (!filled.ok()) return filled;
  }
  // What the file says otherwise than the card. What was exported is looked up only where that
  // differs from the card.
  std::optional<v1::Contact> exported;
  v1::Contact edited = card.contact();
  std::set<std::string> fields;
  for (size_t i = 0; i < row.size(); ++i) {
    const std::string_view cell = is_csv ? files::UnguardCell(row[i]) : std::string_view(row[i]);
    const bool guarded = cell.size() != row[i].size();
    if (cell.empty()) continue;
    const files::Column* column = i < file_columns_.size() ? file_columns_[i].card : nullptr;
    if (column == nullptr) {
      if (i >= file_columns_.size())
        Refuse("FILE_COLUMN_UNKNOWN", files::PlaceText(number, i), "there is no title above it",
               result);
      continue;
    }
    if (customer) {
      if (files::SameCell(*column, files::CellOf(card.contact(), *column), cell)) continue;
      if (version != 0) {
        if (!exported) {
          auto then =
              customers_->ContactAsOf(*moment.snapshot, header_.merchant(), *customer, version);
          if (!then.ok()) return then.status();
          exported = *std::move(then);
        }
        if (files::SameCell(*column, files::CellOf(*exported, *column), cell)) continue;
      }
    }
    if (is_csv && !guarded && files::IsFormula(cell)) {
      Refuse("FORMULA", column->title,
             absl::StrCat(files::PlaceText(number, i), ": a formula: put its value there instead"),
             result);
      continue;
    }
    if (auto wrong = files::SetCell(*column, cell, &edited)) {
      Refuse("WRONG_TYPE", column->title, absl::StrCat(files::PlaceText(number, i), ": ", *wrong),
             result);
      continue;
    }
    fields.insert(column->card_field);
  }
  if (result->result() == v1::IMPORT_RESULT_REFUSED) return false;
  if (fields.empty()) {
    result->set_result(v1::IMPORT_RESULT_UNCHANGED);
    return false;
  }
  *change = MakeChange(WriteOf(header_.merchant(), {}, header_.writer()));
  if (header_.writer().source().empty()) change->set_source("import");
  change->set_id(change_id.ToString());
  auto* said = change->mutable_body()->mutable_contact_observed();
  for (const std::string& field : fields) {
    result->add_fields(field);
    MoveField(field, &edited, said->mutable_contact());
  }
  query::StripOutput(said->mutable_contact());
  for (auto& warning : query::WarningsOf(said->contact())) result->add_warnings()->Swap(&warning);
  if (customer) {
    change->set_customer(customer->ToString());
    result->set_result(v1::IMPORT_RESULT_UPDATED);
  } else {
    // Each row without an id is somebody new, whatever stands in it: who is the same as whom is
    // found out afterwards, and can be undone.
    change->set_external_id(change->id());
    result->set_result(v1::IMPORT_RESULT_CREATED);
  }
  return true;
}

bool CustomerImport::WasTaken(const Moments::Moment& moment, const Uuid& change_id,
                              v1::ImportRow* result) const {
  v1::Outcome first;
  if (!domain::ReadOutcome(*moment.snapshot, header_.merchant(), change_id, &first)) return false;
  // After a dead letter the id is still free.
  if (first.status() == v1::OUTCOME_STATUS_DEAD_LETTER) return false;
  SetOutcome(first, result);
  if (result->result() == v1::IMPORT_RESULT_REFUSED) {
    for (auto& violation : *result->mutable_violations()) {
      violation.set_detail(absl::StrCat(violation.detail(),
                                        " (this row of this very file was refused before: change "
                                        "something in the file to have it looked at again)"));
    }
  } else {
    result->set_result(v1::IMPORT_RESULT_REPEATED);
  }
  return true;
}

absl::Status CustomerImport::Next(int32_t wanted, v1::ImportCustomersResponse* response,
                                  const runtime::CallInfo& call, runtime::Done done) {
  const auto moment = moments_->Now(moments_->PartitionOf(header_.merchant()));
  if (!moment.ok()) return moment.status();
  std::vector<v1::Change> changes;
  std::vector<Draft> drafts;
  files::Row row;
  while (response->rows_size() < wanted) {
    const auto more = reader_->Next(&row);
    if (!more.ok()) return more.status();
    if (!*more) {
      response->set_done(true);
      break;
    }
    v1::ImportRow* const result = response->add_rows();
    v1::Change change;
    const auto publish = Draw(*moment, row, reader_->row_number(), result, &change);
    if (!publish.ok()) return publish.status();
    if (!*publish) continue;
    drafts.push_back({result, changes.size()});
    changes.push_back(std::move(change));
  }
  done_ += response->rows_size();
  response->set_done_rows(done_);
  response->set_total_rows(total_);
  query::SetPosition(moment->view, response->mutable_position());
  if (changes.empty() || (header_.preview() && !preview_)) {
    done(absl::OkStatus());
    return absl::OkStatus();
  }
  if (header_.preview()) {
    const auto all = preview_(call.caller(), std::move(changes), *moment->snapshot);
    if (!all.ok()) return all.status();
    for (const Draft& draft : drafts) {
      const auto& outcome = (*all)[draft.change];
      if (outcome.ok()) {
        SetOutcome(*outcome, draft.result);
      } else if (!SetError(outcome.status(), draft.result)) {
        return outcome.status();
      }
    }
    done(absl::OkStatus());
    return absl::OkStatus();
  }
  absl::Time deadline = call.deadline();
  if (deadline == absl::InfiniteFuture()) deadline = absl::Now() + absl::Seconds(60);
  publish_(call.caller(), std::move(changes), deadline,
           [self = shared_from_this(), response, drafts = std::move(drafts),
            done](const Published& all) {
             for (const Draft& draft : drafts) {
               const auto& answer = all[draft.change];
               if (answer.ok()) {
                 SetOutcome(answer->outcome(), draft.result);
                 *response->mutable_position() = answer->token();
               } else if (!SetError(answer.status(), draft.result)) {
                 return done(answer.status());  // unknown: the same file again is safe
               }
             }
             done(absl::OkStatus());
           });
  return absl::OkStatus();
}

}  // namespace carnet::projector_service
