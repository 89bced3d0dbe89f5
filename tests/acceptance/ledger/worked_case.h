// A worked case of the ledger as it stands in a file: steps in log order, then what must be true.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
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
  std::vector<std::string> words;              // what follows the verb, options left out
  std::map<std::string, std::string> options;  // "acct" → "100.00"
};

// "bal A eff 05-10 60.00"
struct Expectation {
  int line = 0;
  std::string text;
  std::vector<std::string> words;
};

struct WorkedCase {
  std::string file;
  std::string title;
  std::string currency = "EUR";
  std::vector<Step> steps;
  std::vector<Expectation> expectations;
};

// Reads a file of cases. What stands before the first "### ", and after a blank line what is
// neither step nor expectation, is prose. Error: what can't be read, with file and line.
absl::StatusOr<std::vector<WorkedCase>> ReadCases(const std::string& file);

// "05-31" (of 2026) or "2025-05-31".
std::optional<int32_t> ParseDate(std::string_view text);

}  // namespace carnet::ledger_cases
