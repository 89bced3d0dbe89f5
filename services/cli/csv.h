// CSV as spreadsheets read it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace carnet::cli {

// Text that a person or a channel typed, for a cell: what a spreadsheet would take for a formula
// begins with an apostrophe.
std::string CsvText(std::string_view text);

// One line (RFC 4180) with its end: cells with commas, quotes or line ends are quoted.
std::string CsvLine(const std::vector<std::string>& cells);

}  // namespace carnet::cli
