// Runs a case against the service as any client would, and tells what differed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/acceptance/ledger/service.h"
#include "tests/acceptance/ledger/worked_case.h"

namespace carnet::ledger_cases {

struct CaseResult {
  int passed = 0;
  // One line each: what was expected, and what is.
  std::vector<std::string> differences;
  // Expectations that can't be checked yet, and steps that can't be run yet, with what they need.
  std::vector<std::string> unchecked;
  std::vector<std::string> not_run;
};

// `merchant`: one that nobody has used. The clock is set to each step's recorded day.
CaseResult RunCase(const WorkedCase& worked, const std::string& merchant, Service* service);

}  // namespace carnet::ledger_cases
