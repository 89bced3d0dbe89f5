// A card's cells taken from the bytes of a serialised Contact, without making messages: an export
// reads millions of them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "carnet/v1/policy.pb.h"
#include "files/card_columns.h"
#include "files/rows.h"

namespace carnet::files {

// Where in a Contact the columns stand. Constant.
class CardTree {
 public:
  // `columns` must have been made with the same policy.
  CardTree(const CardColumns& columns, const carnet::v1::MerchantPolicy& policy);
  ~CardTree();

 private:
  friend class CardCells;
  struct Node;

  std::unique_ptr<const Node> root_;
  carnet::v1::MerchantPolicy policy_;
  std::vector<std::pair<std::string, size_t>> custom_;  // key → column
  uint64_t hidden_ = 0;                                 // bits by field number
  size_t columns_ = 0;
};

// The cells of one card after the other. One thread.
class CardCells {
 public:
  // Appends what was typed in a serialised Personal that stands at `path`, as it was sealed with.
  using ReadPersonal = std::function<absl::Status(std::string_view path, std::string_view personal,
                                                  std::string* text)>;

  // `tree` must outlive it.
  CardCells(const CardTree* tree, ReadPersonal read);

  // Begins another card.
  void Clear();

  // What a Contact says. Errors: those of ReadPersonal.
  absl::Status Add(std::string_view contact);
  // The same of a Contact with one field, unless policy hides that.
  absl::Status AddField(uint32_t number, std::string_view contact);
  // What a field is where nobody has said anything: the value itself, text or a message.
  absl::Status AddDefault(uint32_t number, std::string_view value);

  // By CardColumns' columns, empty: nothing. Valid until the next change.
  size_t size() const { return cells_.size(); }
  std::string_view cell(size_t column) const {
    return View(cells_[column].begin, cells_[column].end);
  }

  // The first value that is not empty at the first of a field's columns: of a list, or below it.
  std::string_view FirstOf(uint32_t number) const;
  // A part of the name.
  std::string_view NameOf(uint32_t part) const;

 private:
  // Places in `text_`.
  struct Cell {
    uint32_t begin = 0;
    uint32_t end = 0;
    uint32_t first_begin = 0;  // the first value that is not empty
    uint32_t first_end = 0;
    uint32_t values = 0;
  };

  absl::Status Walk(const CardTree::Node& node, std::string_view message, size_t slot);
  absl::Status ReadField(const CardTree::Node& node, std::string_view bytes, size_t slot);
  absl::Status ReadCustom(std::string_view value);
  void AddEnum(const CardTree::Node& node, int number, Cell* cell);
  void BeginValue(bool repeated, Cell* cell);
  void EndValue(size_t begin, Cell* cell) const;
  std::string_view View(size_t begin, size_t end) const {
    return std::string_view(text_).substr(begin, end - begin);
  }

  const CardTree* const tree_;
  const ReadPersonal read_;
  std::vector<Cell> cells_;
  std::string text_;
  uint64_t said_ = 0;  // bits by field number
};

}  // namespace carnet::files
