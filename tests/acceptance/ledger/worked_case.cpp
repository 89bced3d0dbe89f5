#include "tests/acceptance/ledger/worked_case.h"

#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "base/civil_date.h"
#include "base/money.h"

namespace carnet::ledger_cases {
namespace {

std::vector<std::string> Words(const std::string& text) {
  return absl::StrSplit(text, absl::ByAnyChar(" \t"), absl::SkipEmpty());
}

// Without "# a remark" and spaces at the end.
std::string WithoutRemark(std::string line) {
  for (size_t at = line.find('#'); at != std::string::npos; at = line.find('#', at + 1)) {
    if (at > 0 && (line[at - 1] == ' ' || line[at - 1] == '\t')) {
      line.resize(at);
      break;
    }
  }
  absl::StripTrailingAsciiWhitespace(&line);
  return line;
}

// "zero decimals (VND)": VND.
std::string CurrencyIn(const std::string& title) {
  for (size_t i = 0; i + 3 <= title.size(); ++i) {
    const bool begins = i == 0 || !absl::ascii_isalnum(static_cast<unsigned char>(title[i - 1]));
    const bool ends =
        i + 3 == title.size() || !absl::ascii_isalnum(static_cast<unsigned char>(title[i + 3]));
    const std::string word = title.substr(i, 3);
    const size_t open = title.rfind('(', i);
    const size_t closed = title.rfind(')', i);
    const bool inside = open != std::string::npos && (closed == std::string::npos || closed < open);
    if (begins && ends && inside && CurrencyExponent(word)) return word;
  }
  return "EUR";
}

bool IsOption(const std::string& word) {
  const size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return false;
  for (char c : word.substr(0, equals)) {
    if (!absl::ascii_islower(static_cast<unsigned char>(c)) && c != '-') return false;
  }
  return true;
}

// The error, or nothing.
std::string ReadStep(const std::string& text, Step* step) {
  const std::vector<std::string> words = Words(text);
  if (words.size() < 4) return "a step is: NUMBER DATE[@RECORDED] F|R VERB …";
  if (!absl::SimpleAtoi(words[0], &step->number)) return "a step begins with its number";
  const std::vector<std::string> dates = absl::StrSplit(words[1], '@');
  const auto effective = ParseDate(dates[0]);
  const auto recorded = dates.size() == 2 ? ParseDate(dates[1]) : effective;
  if (dates.size() > 2 || !effective || !recorded) return "that is no date: " + words[1];
  step->effective_day = *effective;
  step->recorded_day = *recorded;
  if (words[2] != "F" && words[2] != "R") return "F (fact) or R (request), not " + words[2];
  step->fact = words[2] == "F";
  step->verb = words[3];
  for (size_t i = 4; i < words.size(); ++i) {
    if (!IsOption(words[i])) {
      step->words.push_back(words[i]);
      continue;
    }
    const size_t equals = words[i].find('=');
    step->options[words[i].substr(0, equals)] = words[i].substr(equals + 1);
  }
  return {};
}

}  // namespace

std::optional<int32_t> ParseDate(std::string_view text) {
  return ParseCivilDay(text.size() == 5 ? "2026-" + std::string(text) : std::string(text));
}

absl::StatusOr<std::vector<WorkedCase>> ReadCases(const std::string& file) {
  std::ifstream in(file);
  if (!in) return absl::NotFoundError("can't read " + file);
  std::vector<WorkedCase> cases;
  std::string line;
  bool in_case = false;
  bool blank_before = false;
  for (int number = 1; std::getline(in, line); ++number) {
    line = WithoutRemark(std::move(line));
    if (absl::StartsWith(line, "### ")) {
      in_case = true;
      cases.push_back({.file = file, .title = line.substr(4), .currency = CurrencyIn(line)});
      continue;
    }
    const std::string text(absl::StripAsciiWhitespace(line));
    if (!in_case || text.empty() || text[0] == '#' || absl::StartsWith(text, "```")) {
      blank_before = text.empty();
      continue;
    }
    if (text[0] == '=') {
      for (absl::string_view part : absl::StrSplit(text.substr(1), ';')) {
        const std::string expected(absl::StripAsciiWhitespace(part));
        if (expected.empty()) continue;
        cases.back().expectations.push_back(
            {.line = number, .text = expected, .words = Words(expected)});
      }
    } else if (absl::ascii_isdigit(static_cast<unsigned char>(text[0]))) {
      Step step{.line = number, .text = text};
      if (const std::string error = ReadStep(text, &step); !error.empty())
        return absl::InvalidArgumentError(absl::StrCat(file, ":", number, ": ", error));
      cases.back().steps.push_back(std::move(step));
    } else if (blank_before) {
      in_case = false;
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ":", number, ": neither a step nor an expectation: ", text));
    }
    blank_before = false;
  }
  return cases;
}

}  // namespace carnet::ledger_cases
