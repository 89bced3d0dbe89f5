// Worked cases of the ledger against the real service: `run FILE…` builds and starts this. Prints
// per case what differed; exit 1 if anything did, or could not be read.
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "tests/acceptance/ledger/runner.h"
#include "tests/acceptance/ledger/service.h"
#include "tests/acceptance/ledger/worked_case.h"

namespace carnet::ledger_cases {
namespace {

struct Totals {
  int cases = 0;
  int cases_that_differ = 0;
  int passed = 0;
  int failed = 0;
  int unchecked = 0;
  int not_run = 0;
};

void Print(const std::string& line) { std::printf("%s\n", line.c_str()); }

void Report(const WorkedCase& worked, const CaseResult& result, Totals* totals) {
  ++totals->cases;
  totals->passed += result.passed;
  totals->failed += static_cast<int>(result.differences.size());
  totals->unchecked += static_cast<int>(result.unchecked.size());
  totals->not_run += static_cast<int>(result.not_run.size());
  const bool differs = !result.differences.empty();
  totals->cases_that_differ += differs;
  Print(absl::StrCat(
      differs ? "DIFFERS  " : "ok       ", worked.title, ": ", result.passed, " as expected",
      differs ? absl::StrCat(", ", result.differences.size(), " not") : "",
      result.unchecked.empty() ? ""
                               : absl::StrCat(", ", result.unchecked.size(), " not checked yet")));
  for (const std::string& line : result.differences) Print("    " + line);
  for (const std::string& line : result.not_run) Print("    not run yet: " + line);
  for (const std::string& line : result.unchecked) Print("    not checked yet: " + line);
}

int Main(const std::vector<std::string>& files) {
  std::string folder = (std::filesystem::temp_directory_path() / "ledger-cases-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    std::perror("ledger_cases: a folder for data");
    return 1;
  }
  Totals totals;
  bool readable = true;
  {
    Service service(folder);
    int number = 0;
    for (const std::string& file : files) {
      const auto read = ReadCases(file);
      if (!read.ok()) {
        Print("CAN'T READ  " + std::string(read.status().message()));
        readable = false;
        continue;
      }
      std::vector<std::string> errors = read->errors;
      if (read->cases.empty()) errors.push_back(file + ": there is no case in it");
      for (const std::string& error : errors) Print("CAN'T READ  " + error);
      readable = readable && errors.empty();
      for (const std::string& where : read->prose) Print("prose, not run: " + where);
      for (const WorkedCase& worked : read->cases) {
        Report(worked, RunCase(worked, absl::StrCat("case-", ++number), &service), &totals);
      }
    }
  }
  std::filesystem::remove_all(folder);
  Print(absl::StrCat(totals.cases, " cases, ", totals.cases_that_differ, " differ; expectations: ",
                     totals.passed, " passed, ", totals.failed, " failed, ", totals.unchecked,
                     " not checked yet; ", totals.not_run, " steps not run yet"));
  return readable && totals.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace carnet::ledger_cases

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "ledger_cases: name files of cases\n");
    return 2;
  }
  return carnet::ledger_cases::Main({argv + 1, argv + argc});
}
