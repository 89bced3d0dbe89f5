// From a step of a case to the change that says it.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"

#include "carnet/v1/change.pb.h"
#include "tests/acceptance/ledger/worked_case.h"

namespace carnet::ledger_cases {

// What a step means to the runner.
struct StepPlan {
  enum class Kind {
    kPublish,  // `change`, of which merchant, id and customer are still to be filled in
    kLink,     // merge `customer` into `other`
    kUnlink,   // unmerge `customer`
    kNotYet,   // needs what is not built: `why`
  };
  Kind kind = Kind::kPublish;
  v1::Change change;
  std::string customer;  // as the case names it; empty: none
  std::string other;
  std::string why;
  // kNotYet: whether it would have changed what somebody owes, or what is in tills; and whether a
  // code would have been generated.
  bool moves_money = false;
  bool takes_code = false;
};

// Error: what about the step can't be understood.
absl::StatusOr<StepPlan> PlanStep(const WorkedCase& worked, const Step& step);

// The source that a case's code comes from: of the step that issues it, "till" unless said. Of
// several steps: one of the source that `asker` says, else the last one before `asker`, else the
// first after it; without an asker the last of all.
std::string SourceOfCode(const WorkedCase& worked, const std::string& code,
                         const Step* asker = nullptr);

// "direct-debit" → DIRECT_DEBIT; nothing for a method that is none.
std::optional<v1::TenderMethod> MethodOf(const std::string& word);

}  // namespace carnet::ledger_cases
