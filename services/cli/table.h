// Tables for people: columns as wide as what stands in them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace carnet::cli {

enum class Align { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as columns. Cells are made printable: whatever a customer typed stays one line.
  void Add(std::vector<std::string> row);
  bool empty() const { return rows_.empty(); }

  // A line of titles, then a line a row; without spaces at the ends of lines. Columns in which
  // nothing stands are left out. `indent` spaces before each line.
  std::string Render(int indent = 0) const;

 private:
  const std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace carnet::cli
