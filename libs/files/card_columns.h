// Cards as rows: the columns of an export, which is the template of an import. They follow from
// Contact's own fields and the merchant's custom fields; no list of them is written anywhere.
//
// A value is a cell. A list of plain values is one cell, a line each; of addresses and company
// numbers the first two have columns of their own ("addresses.1.street"). Read-only columns begin
// the row: id and version say which card it is and when it was exported, name and balance help to
// find it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "carnet/v1/customer.pb.h"
#include "carnet/v1/policy.pb.h"
#include "files/rows.h"

namespace carnet::files {

// One column that can be changed.
struct Column {
  std::string title;
  std::string card_field;                                      // "emails", "custom.size"
  std::vector<const google::protobuf::FieldDescriptor*> path;  // from Contact to the value
  // Of the messages on that path; kept, as asking a message for it takes long.
  std::vector<const google::protobuf::Reflection*> reflections;
  int slot = 0;  // in a list of messages, from 0
  std::string custom_key;
  carnet::v1::CustomFieldType custom_type = carnet::v1::CUSTOM_FIELD_TYPE_UNSPECIFIED;
};

// How many of a list of messages have columns.
inline constexpr size_t kSlots = 2;

class CardColumns {
 public:
  explicit CardColumns(const carnet::v1::MerchantPolicy& policy);

  const std::vector<Column>& columns() const { return columns_; }
  Row Titles() const;

 private:
  std::vector<Column> columns_;
};

// Titles of the read-only columns.
inline constexpr std::string_view kIdTitle = "id";
inline constexpr std::string_view kVersionTitle = "version";
inline constexpr std::string_view kNameTitle = "display_name";
inline constexpr std::string_view kBalanceTitle = "balance";

// What a card has in a column; empty: nothing.
std::string CellOf(const carnet::v1::Contact& contact, const Column& column);

// How columns show values; see card_cells.h.
bool IsPersonal(const google::protobuf::FieldDescriptor* field);
std::string EnumWord(const google::protobuf::EnumDescriptor* type, int number);
std::string CustomText(const carnet::v1::CustomValue& value);

// Puts a cell that is not empty into a contact. Otherwise a sentence that says what it should be.
std::optional<std::string> SetCell(const Column& column, std::string_view cell,
                                   carnet::v1::Contact* contact);

// Whether a cell still says what was exported: also where a spreadsheet took a phone for a number
// and dropped its plus sign.
bool SameCell(const Column& column, std::string_view exported, std::string_view cell);

// Whether a cell needs what GuardCell() does.
bool NeedsGuard(std::string_view cell);
// A cell as CSV must hold it, so that no spreadsheet takes it for a formula: an apostrophe in
// front; and back.
std::string GuardCell(std::string cell);
std::string_view UnguardCell(std::string_view cell);
// Whether a spreadsheet would calculate it.
bool IsFormula(std::string_view cell);

}  // namespace carnet::files
