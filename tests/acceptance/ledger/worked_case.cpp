#include "tests/acceptance/ledger/worked_case.h"

#include <fstream>
#include <set>

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

// Without "# a remark" and spaces at the end. What begins with # is left as it is.
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
    step->options.emplace_back(words[i].substr(0, equals), words[i].substr(equals + 1));
  }
  return {};
}

// Whether somebody meant a line to be run: a step, or an expectation with or without its sign.
bool IsOfACase(const std::string& text) {
  static const std::set<std::string> kWords = {"bal",  "own",  "open",   "credit",  "after",
                                               "age",  "sc",   "xu",     "pay",     "takings",
                                               "acct", "code", "bought", "breaches"};
  if (text[0] == '=') return true;
  const std::vector<std::string> words = Words(text);
  const bool ends_in_figure =
      absl::ascii_isdigit(static_cast<unsigned char>(words.back().back())) && words.size() > 2;
  if (kWords.contains(words[0]) && ends_in_figure) return true;
  Step step;
  return ReadStep(text, &step).empty();
}

class Reader {
 public:
  explicit Reader(const std::string& file) : name_(file) {}

  void Line(int number, std::string line) {
    const std::string at = absl::StrCat(name_, ":", number);
    absl::StripLeadingAsciiWhitespace(&line);
    const bool is_title = absl::StartsWith(line, "###") && !absl::StartsWith(line, "####");
    const std::string text = WithoutRemark(std::move(line));
    if (is_title) {
      const std::string title(absl::StripAsciiWhitespace(absl::string_view(text).substr(3)));
      file_.cases.push_back({.file = name_, .title = title, .currency = CurrencyIn(title)});
      in_case_ = true;
    } else if (text.empty() || text[0] == '#' || absl::StartsWith(text, "```")) {
      blank_before_ = blank_before_ || text.empty();
      in_prose_ = in_prose_ && !text.empty();
      return;
    } else if (!in_case_) {
      Prose(at, text);
    } else if (text[0] == '=') {
      Expectations(number, text.substr(1));
    } else if (absl::ascii_isdigit(static_cast<unsigned char>(text[0]))) {
      ReadOneStep(number, at, text);
    } else if (blank_before_ && !IsOfACase(text)) {
      in_case_ = false;
      Prose(at, text);
    } else {
      file_.cases.back().errors.push_back(
          absl::StrCat(at, ": neither a step nor an expectation: ", text));
    }
    blank_before_ = false;
  }

  CaseFile Take() { return std::move(file_); }

 private:
  void Prose(const std::string& at, const std::string& text) {
    if (IsOfACase(text)) {
      file_.errors.push_back(absl::StrCat(at, ": this stands in no case: ", text));
    } else if (!in_prose_) {
      file_.prose.push_back(at);
    }
    in_prose_ = true;
  }

  void Expectations(int number, const std::string& text) {
    WorkedCase& worked = file_.cases.back();
    for (absl::string_view part : absl::StrSplit(text, ';')) {
      const std::string expected(absl::StripAsciiWhitespace(part));
      if (expected.empty()) continue;
      worked.expectations.push_back({.line = number,
                                     .text = expected,
                                     .words = Words(expected),
                                     .after_steps = worked.steps.size()});
    }
  }

  void ReadOneStep(int number, const std::string& at, const std::string& text) {
    WorkedCase& worked = file_.cases.back();
    Step step{.line = number, .text = text};
    std::string error = ReadStep(text, &step);
    for (const Step& other : worked.steps) {
      if (other.number == step.number) error = "another step of this case has that number";
    }
    if (!error.empty()) {
      worked.errors.push_back(absl::StrCat(at, ": ", error, ": ", text));
      return;
    }
    worked.steps.push_back(std::move(step));
  }

  const std::string name_;
  CaseFile file_;
  bool in_case_ = false;
  bool in_prose_ = false;
  bool blank_before_ = false;
};

}  // namespace

const std::string* Step::Option(std::string_view name) const {
  for (const auto& [key, value] : options) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::optional<int32_t> ParseDate(std::string_view text) {
  return ParseCivilDay(text.size() == 5 ? "2026-" + std::string(text) : std::string(text));
}

absl::StatusOr<CaseFile> ReadCases(const std::string& file) {
  std::ifstream in(file);
  if (!in) return absl::NotFoundError("can't read " + file);
  Reader reader(file);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (number == 1 && absl::StartsWith(line, "\xef\xbb\xbf")) line.erase(0, 3);
    reader.Line(number, std::move(line));
  }
  return reader.Take();
}

}  // namespace carnet::ledger_cases
