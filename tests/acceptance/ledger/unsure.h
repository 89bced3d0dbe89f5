// What can't be checked of a case some of whose steps can't be run yet: what those would have
// changed. All else is checked.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/acceptance/ledger/answers.h"
#include "tests/acceptance/ledger/to_change.h"
#include "tests/acceptance/ledger/worked_case.h"

namespace carnet::ledger_cases {

class Unsure {
 public:
  explicit Unsure(const WorkedCase& worked);

  // The step is left out, as `plan` says.
  void NotRun(const Step& step, const StepPlan& plan);

  // What a figure needs that is not built, as a step that was left out would have changed it.
  // Empty: nothing.
  std::string NeedOfFigure(const Question& question) const;
  // The same of a step's outcome or code. `generated`: of a code that Carnet gives.
  std::string NeedOfStep(const Step& step, bool generated) const;

 private:
  struct LeftOut {
    int line;
    int32_t first_day;  // effective: nothing of it counts for an earlier one
    int32_t recorded_day;
    std::set<std::string> customers;  // all who are merged with the one it speaks of, ever
    StepPlan plan;
  };

  std::set<std::string> MergedWith(const std::string& customer) const;

  const WorkedCase& worked_;
  std::map<int, LeftOut> left_out_;  // by number of the step
};

}  // namespace carnet::ledger_cases
