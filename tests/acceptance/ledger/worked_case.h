// A worked case of the ledger as it stands in a file: steps in log order, then what must be true.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace carnet::ledger_cases {

// "1 05-01@05-04 F sale A S1 100.00 acct=100.00 due=05-31"
struct Step {
  int line = 0;  // in its file
  std::string text;
  int number = 0;
  int32_t effective_day = 0;
  int32_t recorded_day = 0;
  bool fact = true;
  std::string verb;
  std::vector<std::string> words;  // what follows the verb, options left out
  // "acct" → "100.00", in their order; a tender may be there several times.
  std::vector<std::pair<std::string, std::string>> options;

  // Null: there is none.
  const std::string* Option(std::string_view name) const;
};

// "bal A eff 05-10 60.00"
struct Expectation {
  int line = 0;
  std::string text;
  std::vector<std::string> words;
  size_t after_steps = 0;  // how many steps stand before it
};

struct WorkedCase {
  std::string file;
  std::string title;
  std::string currency = "EUR";
  std::vector<Step> steps;
  std::vector<Expectation> expectations;
  // Lines of it that can't be read, each with file and line. What can be read is run all the same.
  std::vector<std::string> errors;
};

struct CaseFile {
  std::vector<WorkedCase> cases;
  // Steps and expectations that stand in no case, with file and line.
  std::vector<std::string> errors;
  // Where there is prose: "cases.txt:12". Nothing is run of it, so it is told.
  std::vector<std::string> prose;
};

// Reads a file of cases. A case begins with "### ". What stands before the first, and what after a
// blank line is neither step nor expectation, is prose until the next case. Error: there is no such
// file.
absl::StatusOr<CaseFile> ReadCases(const std::string& file);

// "05-31" (of 2026) or "2025-05-31".
std::optional<int32_t> ParseDate(std::string_view text);

}  // namespace carnet::ledger_cases
