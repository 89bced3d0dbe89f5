#include "cli/table.h"

#include <algorithm>

#include "base/fatal.h"
#include "cli/text_width.h"

namespace carnet::cli {

void Table::Add(std::vector<std::string> row) {
  CARNET_ASSERT(row.size() == columns_.size());
  for (std::string& cell : row) cell = Printable(cell);
  rows_.push_back(std::move(row));
}

std::string Table::Render(int indent) const {
  constexpr int kGap = 2;
  std::vector<int> widths(columns_.size(), 0);
  for (size_t c = 0; c < columns_.size(); ++c) {
    for (const auto& row : rows_) widths[c] = std::max(widths[c], DisplayWidth(row[c]));
    if (widths[c] > 0) widths[c] = std::max(widths[c], DisplayWidth(columns_[c].title));
  }
  std::string out;
  const auto add_line = [&](const auto& text_of) {
    std::string line(static_cast<size_t>(indent), ' ');
    for (size_t c = 0; c < columns_.size(); ++c) {
      if (widths[c] == 0) continue;
      const std::string& text = text_of(c);
      const std::string padding(static_cast<size_t>(widths[c] - DisplayWidth(text)), ' ');
      line += columns_[c].align == Align::kRight ? padding + text : text + padding;
      line.append(kGap, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  add_line([&](size_t c) -> const std::string& { return columns_[c].title; });
  for (const auto& row : rows_) add_line([&](size_t c) -> const std::string& { return row[c]; });
  return out;
}

}  // namespace carnet::cli
