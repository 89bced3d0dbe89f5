#include "tests/bench/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <nlohmann/json.hpp>

namespace carnet::bench {
namespace {

double Judged(const Figure& figure) { return figure.ratio != 0 ? figure.ratio : figure.number; }

bool Reaches(const Figure& figure, double bound) {
  return figure.at_most ? Judged(figure) <= bound : Judged(figure) >= bound;
}

const char* Verdict(const Figure& figure) {
  if (figure.must == 0) return "";
  if (Reaches(figure, figure.aim)) return "aim";
  return Reaches(figure, figure.must) ? "must" : "MISSED";
}

std::string Bound(const Figure& figure, double bound) {
  if (bound == 0) return "";
  return absl::StrCat(figure.at_most ? "<= " : ">= ", Number(bound));
}

std::string OrNothing(double value) { return value == 0 ? "" : Number(value); }

// Columns as wide as their widest cell, the first one flush left.
std::string Table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - row[i].size(), ' ');
      absl::StrAppend(&text, i == 0 ? "" : "  ", i == 0 ? row[i] + space : space + row[i]);
    }
    text.append("\n");
  }
  return text;
}

}  // namespace

void Report::Add(const Figure& figure) {
  figures_.push_back(figure);
  std::fprintf(stderr, "  %s: %s %s%s\n", figure.name.c_str(), Number(figure.number).c_str(),
               figure.unit.c_str(),
               figure.ratio == 0 ? "" : absl::StrCat(", ratio ", Number(figure.ratio)).c_str());
}

void Report::AddFact(const std::string& name, const std::string& value) {
  facts_.push_back({name, value});
  std::fprintf(stderr, "  %s: %s\n", name.c_str(), value.c_str());
}

std::string Report::Text() const {
  std::string text;
  for (const Fact& fact : facts_) {
    absl::StrAppend(&text, absl::StrFormat("%-10s %s\n", fact.name, fact.value));
  }
  std::vector<std::vector<std::string>> rows = {
      {"figure", "number", "unit", "floor", "ratio", "must", "aim", "shows", "cpu us", "floor's"}};
  for (const Figure& f : figures_) {
    rows.push_back({f.name, Number(f.number), f.unit, OrNothing(f.floor), OrNothing(f.ratio),
                    Bound(f, f.must), Bound(f, f.aim), Verdict(f), OrNothing(f.cpu_us),
                    OrNothing(f.floor_cpu_us)});
  }
  absl::StrAppend(&text, "\n", Table(rows), "\n");
  for (const Figure& f : figures_) {
    if (!f.floor_name.empty()) absl::StrAppend(&text, f.name, ": floor is ", f.floor_name, "\n");
    if (!f.note.empty()) absl::StrAppend(&text, f.name, ": ", f.note, "\n");
  }
  return text;
}

std::string Report::Json() const {
  nlohmann::ordered_json json;
  for (const Fact& fact : facts_) json["machine"][fact.name] = fact.value;
  for (const Figure& f : figures_) {
    nlohmann::ordered_json figure = {{"name", f.name}, {"number", f.number}, {"unit", f.unit}};
    if (f.floor != 0) {
      figure["floor"] = {{"name", f.floor_name}, {"number", f.floor}};
      if (f.floor_cpu_us != 0) figure["floor"]["cpu_us"] = f.floor_cpu_us;
    }
    if (f.ratio != 0) figure["ratio"] = f.ratio;
    if (f.must != 0) {
      figure["must"] = f.must;
      figure["aim"] = f.aim;
      figure["bound"] = f.at_most ? "at most" : "at least";
      figure["shows"] = Verdict(f);
    }
    if (f.cpu_us != 0) figure["cpu_us"] = f.cpu_us;
    if (!f.note.empty()) figure["note"] = f.note;
    json["figures"].push_back(figure);
  }
  return json.dump(2) + "\n";
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::string Number(double value) {
  if (std::abs(value) < 100) {
    const int whole = std::abs(value) < 1 ? 0 : std::abs(value) < 10 ? 1 : 2;
    return absl::StrFormat("%.*f", 3 - whole, value);
  }
  std::string digits = absl::StrFormat("%.0f", value);
  for (auto at = static_cast<ptrdiff_t>(digits.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return digits;
}

}  // namespace carnet::bench
