#include "files/card_cells.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/fatal.h"
#include "base/field_walk.h"
#include "domain/customers/catalogue.h"
#include "domain/customers/policy.h"

namespace carnet::files {

using carnet::v1::Contact;
using carnet::v1::CustomValue;
using google::protobuf::FieldDescriptor;

// A field that is a column, or leads to some.
struct CardTree::Node {
  enum class Kind { kMessage, kPersonal, kEnum, kBool, kString };

  Kind kind = Kind::kMessage;
  bool repeated = false;
  std::string path;                           // as the value is sealed with
  std::vector<std::unique_ptr<Node>> fields;  // of a message, by number; null: no column
  std::array<size_t, kSlots> columns{};       // of a value, by slot
  const google::protobuf::EnumDescriptor* type = nullptr;
  std::vector<std::string> words;  // of an enum, by number

  const Node* Field(int number) const {
    const auto place = static_cast<size_t>(number);
    return place < fields.size() ? fields[place].get() : nullptr;
  }
};

namespace {

template <typename Kind>
Kind KindOf(const FieldDescriptor* field) {
  if (IsPersonal(field)) return Kind::kPersonal;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Kind::kMessage;
    case FieldDescriptor::CPPTYPE_ENUM:
      return Kind::kEnum;
    case FieldDescriptor::CPPTYPE_BOOL:
      return Kind::kBool;
    default:
      CARNET_ASSERT(field->cpp_type() == FieldDescriptor::CPPTYPE_STRING);
      return Kind::kString;
  }
}

}  // namespace

CardTree::~CardTree() = default;

CardTree::CardTree(const CardColumns& columns, const carnet::v1::MerchantPolicy& policy)
    : policy_(policy), columns_(columns.columns().size()) {
  auto root = std::make_unique<Node>();
  root->path = "contact";
  for (size_t i = 0; i < columns_; ++i) {
    const Column& column = columns.columns()[i];
    if (column.path.empty()) {
      custom_.emplace_back(column.custom_key, i);
      continue;
    }
    Node* node = root.get();
    for (const FieldDescriptor* field : column.path) {
      const auto number = static_cast<size_t>(field->number());
      if (node->fields.size() <= number) node->fields.resize(number + 1);
      std::unique_ptr<Node>& below = node->fields[number];
      if (below == nullptr) {
        below = std::make_unique<Node>();
        below->kind = KindOf<Node::Kind>(field);
        below->repeated = field->is_repeated();
        below->path = absl::StrCat(node->path, ".", field->name());
        if (below->kind == Node::Kind::kEnum) {
          below->type = field->enum_type();
          for (int k = 0; k < below->type->value_count(); ++k)
            below->words.push_back(k == 0 ? std::string() : EnumWord(below->type, k));
        }
      }
      node = below.get();
    }
    node->columns[static_cast<size_t>(column.slot)] = i;
  }
  for (size_t number = 0; number < root->fields.size(); ++number) {
    CARNET_ASSERT(number < 64);
    if (domain::IsHidden(policy, domain::CardFieldName(static_cast<uint32_t>(number), {})))
      hidden_ |= uint64_t{1} << number;
  }
  root_ = std::move(root);
}

CardCells::CardCells(const CardTree* tree, ReadPersonal read)
    : tree_(tree), read_(std::move(read)), cells_(tree->columns_) {}

void CardCells::Clear() {
  std::fill(cells_.begin(), cells_.end(), Cell());
  text_.clear();
  said_ = 0;
}

absl::Status CardCells::Add(std::string_view contact) { return Walk(*tree_->root_, contact, 0); }

absl::Status CardCells::AddField(uint32_t number, std::string_view contact) {
  if (number < 64) {
    if ((tree_->hidden_ >> number & 1) != 0) return absl::OkStatus();
    said_ |= uint64_t{1} << number;
  }
  return Add(contact);
}

absl::Status CardCells::AddDefault(uint32_t number, std::string_view value) {
  const CardTree::Node* const node = tree_->root_->Field(static_cast<int>(number));
  if (node == nullptr || value.empty() || (said_ >> number & 1) != 0) return absl::OkStatus();
  return ReadField(*node, value, 0);
}

std::string_view CardCells::FirstOf(uint32_t number) const {
  const CardTree::Node* const node = tree_->root_->Field(static_cast<int>(number));
  const Cell& cell = cells_[node->columns.front()];
  return View(cell.first_begin, cell.first_end);
}

std::string_view CardCells::NameOf(uint32_t part) const {
  const CardTree::Node* const name = tree_->root_->Field(Contact::kNameFieldNumber);
  return cell(name->Field(static_cast<int>(part))->columns.front());
}

absl::Status CardCells::Walk(const CardTree::Node& node, std::string_view message, size_t slot) {
  int last = 0;
  size_t place = 0;  // in a list; its values stand together
  FieldWalk walk(message);
  while (walk.Next()) {
    const int number = walk.number();
    place = number == last ? place + 1 : 0;
    last = number;
    const CardTree::Node* const field = node.Field(number);
    if (field == nullptr) {
      if (&node == tree_->root_.get() && number == Contact::kCustomFieldNumber) {
        if (absl::Status status = ReadCustom(walk.Bytes()); !status.ok()) return status;
      } else {
        walk.Skip();
      }
      continue;
    }
    using Kind = CardTree::Node::Kind;
    const bool list = field->kind == Kind::kMessage && field->repeated;
    if (list && place >= kSlots) {
      walk.Skip();
    } else if ((field->kind == Kind::kEnum || field->kind == Kind::kBool) && !walk.is_packed()) {
      Cell* const cell = &cells_[field->columns[slot]];
      const int64_t value = walk.Int64();
      if (field->kind == Kind::kEnum) {
        AddEnum(*field, static_cast<int>(value), cell);
      } else if (value != 0) {
        BeginValue(field->repeated, cell);
        text_.append("yes");
        EndValue(text_.size() - 3, cell);
      }
    } else if (absl::Status status = ReadField(*field, walk.Bytes(), list ? place : slot);
               !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status CardCells::ReadField(const CardTree::Node& node, std::string_view bytes, size_t slot) {
  using Kind = CardTree::Node::Kind;
  if (node.kind == Kind::kMessage) return Walk(node, bytes, slot);
  Cell* const cell = &cells_[node.columns[slot]];
  if (node.kind == Kind::kEnum) {
    FieldWalk::Packed values(bytes);
    while (values.Next()) AddEnum(node, static_cast<int>(values.value()), cell);
    return absl::OkStatus();
  }
  BeginValue(node.repeated, cell);
  const size_t begin = text_.size();
  if (node.kind == Kind::kPersonal) {
    if (absl::Status status = read_(node.path, bytes, &text_); !status.ok()) return status;
  } else {
    text_.append(bytes);
  }
  EndValue(begin, cell);
  return absl::OkStatus();
}

absl::Status CardCells::ReadCustom(std::string_view bytes) {
  CustomValue value;
  CARNET_ASSERT(value.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  const auto* field = domain::FindCustomField(tree_->policy_, value.key());
  if (field == nullptr || !domain::FitsCustomField(*field, value)) return absl::OkStatus();
  const auto column = std::find_if(tree_->custom_.begin(), tree_->custom_.end(),
                                   [&](const auto& each) { return each.first == value.key(); });
  if (column == tree_->custom_.end()) return absl::OkStatus();
  Cell* const cell = &cells_[column->second];
  if (cell->values != 0) return absl::OkStatus();
  BeginValue(false, cell);
  const size_t begin = text_.size();
  if (value.value_case() == CustomValue::kText) {
    absl::Status status = read_("contact.custom.text", value.text().SerializeAsString(), &text_);
    if (!status.ok()) return status;
  } else {
    text_.append(CustomText(value));
  }
  EndValue(begin, cell);
  return absl::OkStatus();
}

void CardCells::AddEnum(const CardTree::Node& node, int number, Cell* cell) {
  BeginValue(node.repeated, cell);
  const size_t begin = text_.size();
  const auto place = static_cast<size_t>(number);
  text_.append(place < node.words.size() ? node.words[place] : EnumWord(node.type, number));
  EndValue(begin, cell);
}

void CardCells::BeginValue(bool repeated, Cell* cell) {
  if (!repeated || cell->values == 0) {
    cell->begin = static_cast<uint32_t>(text_.size());
  } else {
    if (cell->end != text_.size()) {
      // Others came in between: it goes on behind them.
      const std::string before(View(cell->begin, cell->end));
      cell->begin = static_cast<uint32_t>(text_.size());
      text_.append(before);
    }
    text_.push_back('\n');
  }
  ++cell->values;
}

void CardCells::EndValue(size_t begin, Cell* cell) const {
  cell->end = static_cast<uint32_t>(text_.size());
  if (cell->first_begin != cell->first_end || begin == text_.size()) return;
  cell->first_begin = static_cast<uint32_t>(begin);
  cell->first_end = cell->end;
}

}  // namespace carnet::files
