#include "cli/csv.h"

namespace carnet::cli {

std::string CsvText(std::string_view text) {
  constexpr std::string_view kBegins = "=+-@\t\r";
  std::string cell;
  if (!text.empty() && kBegins.find(text.front()) != std::string_view::npos) cell = "'";
  cell.append(text);
  return cell;
}

std::string CsvLine(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) {
    if (&cell != &cells.front()) line += ',';
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
      line += cell;
      continue;
    }
    line += '"';
    for (char c : cell) {
      if (c == '"') line += '"';
      line += c;
    }
    line += '"';
  }
  return line + "\r\n";
}

}  // namespace carnet::cli
