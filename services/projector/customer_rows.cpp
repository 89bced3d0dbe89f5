#include "projector/customer_rows.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "files/card_columns.h"
#include "query/card.h"
#include "query/members.h"
#include "query/row_scan.h"

namespace carnet::projector_service {

using carnet::v1::Contact;
using carnet::v1::PersonName;

CustomerRows::CustomerRows(const CustomerFile* file, const query::Customers* customers)
    : file_(file),
      customers_(customers),
      opener_(customers->opener().OpenerOf(file->merchant, &keys_)),
      cells_(&file->tree,
             [this](std::string_view path, std::string_view personal, std::string* text) {
               return opener_.AppendTyped(path, personal, text);
             }) {}

absl::Status CustomerRows::ReadKeys(const Uuid& first, const Uuid& last) {
  keys_.clear();
  opener_.ForgetKey();
  return customers_->opener().ReadKeys(file_->merchant, first, last, &keys_);
}

absl::Status CustomerRows::Read(const view_store::Snapshot& snapshot,
                                const query::Customers::Rows& rows) {
  query::RecordValues record;
  if (!query::ReadRecordValues(rows.record, &record)) {
    carnet::v1::Customer card;
    absl::Status status = customers_->FillFromRows(snapshot, file_->merchant, rows, keys_, &card);
    return status.ok() ? Read(card) : status;
  }
  cells_.Clear();
  opener_.SetRecord(rows.id);
  absl::Status status;
  for (const auto& value : record.values)
    status.Update(cells_.AddField(value.field, value.contact));
  status.Update(
      cells_.AddDefault(Contact::kAccountingAccountFieldNumber, record.generated_account));
  status.Update(cells_.AddDefault(Contact::kAssigneeFieldNumber, record.default_assignee));
  if (!status.ok()) return status;
  id_ = rows.id.ToString();
  display_name_ =
      query::DisplayName({.company_name = cells_.FirstOf(Contact::kCompanyNameFieldNumber),
                          .full_name = cells_.NameOf(PersonName::kFullFieldNumber),
                          .given_name = cells_.NameOf(PersonName::kGivenFieldNumber),
                          .family_name = cells_.NameOf(PersonName::kFamilyFieldNumber),
                          .email = cells_.FirstOf(Contact::kEmailsFieldNumber),
                          .phone = cells_.FirstOf(Contact::kPhonesFieldNumber),
                          .external_id = record.external_id});
  balance_.clear();
  query::UnitBalances sums;
  if (!query::AddBalancesOfAccountRow(rows.account, &sums)) return query::SumOverflows();
  for (const query::UnitBalance& sum : sums) {
    AddBalance(query::FormatAmount(sum.unit, sum.minor), sum.unit);
  }
  return absl::OkStatus();
}

absl::Status CustomerRows::Read(const carnet::v1::Customer& card) {
  cells_.Clear();
  if (absl::Status status = cells_.Add(card.contact().SerializeAsString()); !status.ok())
    return status;
  id_ = card.name().substr(card.name().rfind('/') + 1);
  display_name_ = card.display_name();
  balance_.clear();
  for (const auto& balance : card.balances()) AddBalance(balance.receivable(), balance.unit());
  return absl::OkStatus();
}

void CustomerRows::AddBalance(const std::string& amount, const std::string& unit) {
  absl::StrAppend(&balance_, balance_.empty() ? "" : "; ", amount, " ", unit);
}

template <typename Visit>
void CustomerRows::ForEachCell(Visit visit) const {
  visit(std::string_view(id_));
  visit(std::string_view(file_->version));
  visit(std::string_view(display_name_));
  visit(std::string_view(balance_));
  for (size_t i = 0; i < cells_.size(); ++i) visit(cells_.cell(i));
}

void CustomerRows::AppendCsv(std::string* text) const {
  bool first = true;
  ForEachCell([&](std::string_view cell) {
    if (!first) text->push_back(',');
    first = false;
    if (cell.empty()) return;
    if (files::NeedsGuard(cell)) {
      files::AppendCsvCell(files::GuardCell(std::string(cell)), text);
    } else {
      files::AppendCsvCell(cell, text);
    }
  });
  text->append(files::kCsvRowEnd);
}

files::Row CustomerRows::Row() const {
  files::Row row;
  row.reserve(cells_.size() + 4);
  ForEachCell([&](std::string_view cell) { row.emplace_back(cell); });
  return row;
}

}  // namespace carnet::projector_service
