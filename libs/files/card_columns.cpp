#include "files/card_columns.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "base/civil_date.h"
#include "domain/customers/catalogue.h"

namespace carnet::files {
using carnet::v1::Contact;
using carnet::v1::CustomValue;
using carnet::v1::Personal;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsPersonal(const FieldDescriptor* field) {
  return field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field->message_type() == Personal::descriptor();
}

// "PARTY_TYPE_COMPANY" → "company": without what all values of the type begin with.
std::string EnumWord(const EnumDescriptor* type, int number) {
  const auto* value = type->FindValueByNumber(number);
  if (value == nullptr) return std::to_string(number);
  const size_t prefix = type->value(0)->name().size() - std::string_view("UNSPECIFIED").size();
  return absl::AsciiStrToLower(value->name().substr(prefix));
}

std::string CustomText(const CustomValue& value) {
  switch (value.value_case()) {
    case CustomValue::kText:
      return value.text().plain();
    case CustomValue::kNumber:
      return value.number();
    case CustomValue::kDate:
      return value.date();
    case CustomValue::kChoice:
      return value.choice();
    case CustomValue::kYes:
      return value.yes() ? "yes" : "no";
    case CustomValue::VALUE_NOT_SET:
      break;
  }
  return {};
}

namespace {

// A value, or a list of values, that one cell holds.
bool IsLeaf(const FieldDescriptor* field) {
  return field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || IsPersonal(field);
}

std::optional<int> EnumNumber(const EnumDescriptor* type, std::string_view word) {
  const std::string wanted = absl::AsciiStrToLower(std::string(word));
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() != 0 && EnumWord(type, type->value(i)->number()) == wanted)
      return type->value(i)->number();
  }
  return std::nullopt;
}

std::string EnumWords(const EnumDescriptor* type) {
  std::vector<std::string> words;
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() != 0) words.push_back(EnumWord(type, type->value(i)->number()));
  }
  return absl::StrJoin(words, ", ");
}

// Columns of what can be reached from `at.path`.
void AddColumns(const google::protobuf::Descriptor* type, const Column& at,
                std::vector<Column>* columns) {
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const bool top = at.path.empty();
    if (top && field->number() == Contact::kCustomFieldNumber) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
        field->message_type() == carnet::v1::IdentityToken::descriptor()) {
      continue;
    }
    Column column = at;
    column.path.push_back(field);
    column.reflections.push_back(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->GetReflection());
    if (top) column.card_field = field->name();
    column.title = top ? field->name() : absl::StrCat(at.title, ".", field->name());
    if (IsLeaf(field)) {
      columns->push_back(std::move(column));
    } else if (!field->is_repeated()) {
      AddColumns(field->message_type(), column, columns);
    } else {
      const std::string title = column.title;
      for (int slot = 0; slot < static_cast<int>(kSlots); ++slot) {
        column.title = absl::StrCat(title, ".", slot + 1);
        column.slot = slot;
        AddColumns(field->message_type(), column, columns);
      }
    }
  }
}

std::string ValueText(const google::protobuf::Reflection& reflection, const Message& message,
                      const FieldDescriptor* field, int index) {
  const bool listed = index >= 0;
  if (IsPersonal(field)) {
    const Message& value = listed ? reflection.GetRepeatedMessage(message, field, index)
                                  : reflection.GetMessage(message, field);
    return static_cast<const Personal&>(value).plain();
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    const int number = listed ? reflection.GetRepeatedEnumValue(message, field, index)
                              : reflection.GetEnumValue(message, field);
    return number == 0 ? std::string() : EnumWord(field->enum_type(), number);
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL)
    return reflection.GetBool(message, field) ? "yes" : "";
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    return listed ? reflection.GetRepeatedString(message, field, index)
                  : reflection.GetString(message, field);
  }
  return {};
}

std::optional<bool> YesOrNo(std::string_view text) {
  const std::string word = absl::AsciiStrToLower(std::string(text));
  if (word == "yes" || word == "true" || word == "1") return true;
  if (word == "no" || word == "false" || word == "0") return false;
  return std::nullopt;
}

std::optional<std::string> SetValue(const FieldDescriptor* field, std::string_view text,
                                    Message* message) {
  const auto* reflection = message->GetReflection();
  if (IsPersonal(field)) {
    Message* value = field->is_repeated() ? reflection->AddMessage(message, field)
                                          : reflection->MutableMessage(message, field);
    value->Clear();
    static_cast<Personal*>(value)->set_plain(std::string(text));
    return std::nullopt;
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    const auto number = EnumNumber(field->enum_type(), text);
    if (!number) return "it is one of: " + EnumWords(field->enum_type());
    if (field->is_repeated()) {
      reflection->AddEnumValue(message, field, *number);
    } else {
      reflection->SetEnumValue(message, field, *number);
    }
    return std::nullopt;
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    const auto yes = YesOrNo(text);
    if (!yes) return "it is yes or no";
    reflection->SetBool(message, field, *yes);
    return std::nullopt;
  }
  if (field->is_repeated()) {
    reflection->AddString(message, field, std::string(text));
  } else {
    reflection->SetString(message, field, std::string(text));
  }
  return std::nullopt;
}

std::optional<std::string> SetCustom(const Column& column, std::string_view cell,
                                     Contact* contact) {
  CustomValue* value = nullptr;
  for (auto& each : *contact->mutable_custom()) {
    if (each.key() == column.custom_key) value = &each;
  }
  if (value == nullptr) value = contact->add_custom();
  value->set_key(column.custom_key);
  const std::string text(cell);
  switch (column.custom_type) {
    case carnet::v1::CUSTOM_FIELD_TYPE_NUMBER:
      value->set_number(text);
      break;
    case carnet::v1::CUSTOM_FIELD_TYPE_DATE:
      if (!ParseCivilDay(text)) return "a date is written YYYY-MM-DD";
      value->set_date(text);
      break;
    case carnet::v1::CUSTOM_FIELD_TYPE_CHOICE:
      value->set_choice(text);
      break;
    case carnet::v1::CUSTOM_FIELD_TYPE_YES_NO: {
      const auto yes = YesOrNo(text);
      if (!yes) return "it is yes or no";
      value->set_yes(*yes);
      break;
    }
    default:
      value->mutable_text()->set_plain(text);
  }
  return std::nullopt;
}

std::string DigitsOf(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9') digits.push_back(c);
  }
  return digits;
}

bool IsOfNumber(char c) {
  return (c >= '0' && c <= '9') || c == ' ' || c == '.' || c == ',' || c == '(' || c == ')' ||
         c == '/' || c == '-' || c == '+' || c == '\n';
}

bool IsPhoneColumn(const Column& column) {
  return !column.path.empty() &&
         (column.card_field == "phones" || column.title == "referrer.phone");
}

}  // namespace

CardColumns::CardColumns(const carnet::v1::MerchantPolicy& policy) {
  AddColumns(Contact::descriptor(), {}, &columns_);
  for (const auto& field : policy.custom_fields()) {
    Column& column = columns_.emplace_back();
    column.card_field = "custom." + field.key();
    column.title = column.card_field;
    column.custom_key = field.key();
    column.custom_type = field.type();
  }
}

Row CardColumns::Titles() const {
  Row titles = {std::string(kIdTitle), std::string(kVersionTitle), std::string(kNameTitle),
                std::string(kBalanceTitle)};
  for (const Column& column : columns_) titles.push_back(column.title);
  return titles;
}

std::string CellOf(const Contact& contact, const Column& column) {
  if (column.path.empty()) {
    for (const auto& value : contact.custom()) {
      if (value.key() == column.custom_key) return CustomText(value);
    }
    return {};
  }
  const Message* at = &contact;
  for (size_t i = 0; i < column.path.size(); ++i) {
    const FieldDescriptor* field = column.path[i];
    const auto* reflection = column.reflections[i];
    if (IsLeaf(field)) {
      if (!field->is_repeated()) {
        if (IsPersonal(field) && !reflection->HasField(*at, field)) return {};
        return ValueText(*reflection, *at, field, -1);
      }
      std::vector<std::string> lines;
      for (int k = 0; k < reflection->FieldSize(*at, field); ++k)
        lines.push_back(ValueText(*reflection, *at, field, k));
      return absl::StrJoin(lines, "\n");
    }
    if (field->is_repeated()) {
      if (reflection->FieldSize(*at, field) <= column.slot) return {};
      at = &reflection->GetRepeatedMessage(*at, field, column.slot);
    } else {
      if (!reflection->HasField(*at, field)) return {};
      at = &reflection->GetMessage(*at, field);
    }
  }
  return {};
}

std::optional<std::string> SetCell(const Column& column, std::string_view cell, Contact* contact) {
  if (column.path.empty()) return SetCustom(column, cell, contact);
  Message* at = contact;
  for (const FieldDescriptor* field : column.path) {
    const auto* reflection = at->GetReflection();
    if (IsLeaf(field)) {
      if (!field->is_repeated()) return SetValue(field, cell, at);
      reflection->ClearField(at, field);
      for (const auto line : absl::StrSplit(absl::string_view(cell.data(), cell.size()), '\n',
                                            absl::SkipWhitespace())) {
        const auto trimmed = absl::StripAsciiWhitespace(line);
        if (auto wrong = SetValue(field, std::string_view(trimmed.data(), trimmed.size()), at))
          return wrong;
      }
      return std::nullopt;
    }
    if (field->is_repeated()) {
      while (reflection->FieldSize(*at, field) <= column.slot) reflection->AddMessage(at, field);
      at = reflection->MutableRepeatedMessage(at, field, column.slot);
    } else {
      at = reflection->MutableMessage(at, field);
    }
  }
  return std::nullopt;
}

bool SameCell(const Column& column, std::string_view exported, std::string_view cell) {
  if (exported == cell) return true;
  if (!IsPhoneColumn(column) || cell.find_first_not_of("0123456789") != std::string_view::npos)
    return false;
  // A spreadsheet that took it for a number dropped the plus sign and all that is no digit.
  return exported.find('\n') == std::string_view::npos && DigitsOf(exported) == cell;
}

bool IsFormula(std::string_view cell) {
  if (cell.empty()) return false;
  const char first = cell.front();
  if (first == '=' || first == '@' || first == '\t' || first == '\r') return true;
  // A number or a phone may begin with a sign.
  return (first == '+' || first == '-') && !std::all_of(cell.begin(), cell.end(), IsOfNumber);
}

bool NeedsGuard(std::string_view cell) {
  return IsFormula(cell) || (cell.size() > 1 && cell.front() == '\'' &&
                             (IsFormula(cell.substr(1)) || cell[1] == '\''));
}

std::string GuardCell(std::string cell) {
  if (NeedsGuard(cell)) cell.insert(0, 1, '\'');
  return cell;
}

std::string_view UnguardCell(std::string_view cell) {
  const bool guarded =
      cell.size() > 1 && cell.front() == '\'' && (IsFormula(cell.substr(1)) || cell[1] == '\'');
  return guarded ? cell.substr(1) : cell;
}

}  // namespace carnet::files
