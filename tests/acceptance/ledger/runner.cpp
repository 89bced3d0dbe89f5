#include "tests/acceptance/ledger/runner.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "base/uuid.h"
#include "tests/acceptance/ledger/answers.h"
#include "tests/acceptance/ledger/client.h"
#include "tests/acceptance/ledger/to_change.h"

namespace carnet::ledger_cases {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kSecondsPerDay = 86'400;

class Run {
 public:
  Run(const WorkedCase& worked, const std::string& merchant, Service* service)
      : worked_(worked),
        service_(service),
        client_(service->channel(), merchant),
        answers_(worked, &client_, &records_) {}

  CaseResult Do() {
    for (const Step& step : worked_.steps) DoStep(step);
    for (const Expectation& expectation : worked_.expectations) Check(expectation);
    if (const std::string wrong = client_.VerifyBooks(); !wrong.empty())
      result_.differences.push_back("the books do not agree: " + wrong);
    return std::move(result_);
  }

 private:
  void DoStep(const Step& step) {
    // Noon of the recorded day; later steps are later.
    service_->SetNow((int64_t{step.recorded_day} * kSecondsPerDay + kSecondsPerDay / 2 + ++count_) *
                     kMicrosPerSecond);
    auto plan = PlanStep(worked_, step);
    if (!plan.ok()) {
      result_.differences.push_back(absl::StrCat(step.text, ": ", plan.status().message()));
      return;
    }
    if (plan->kind == StepPlan::Kind::kNotYet) {
      NotRun(step, plan->why);
      return;
    }
    auto& change = plan->change;
    const auto id = step.options.find("id");
    change.set_id(
        Uuid::FromFields({client_.merchant(), id == step.options.end() ? "step" : "id",
                          id == step.options.end() ? std::to_string(step.number) : id->second})
            .ToString());
    if (plan->kind != StepPlan::Kind::kPublish) {
      if (!FillLink(*plan, &change)) {
        NotRun(step, "a customer that was merged");
        return;
      }
    } else if (!plan->customer.empty()) {
      change.set_customer(RecordOf(plan->customer, step));
    }
    outcomes_[step.number] = client_.Publish(change);
  }

  void NotRun(const Step& step, const std::string& why) {
    result_.not_run.push_back(absl::StrCat(step.text, " (needs ", why, ")"));
    if (!first_not_run_) first_not_run_ = step.number;
  }

  // customers/{id}: made known when a step first speaks of it.
  std::string RecordOf(const std::string& customer, const Step& step) {
    std::string& record = records_[customer];
    if (record.empty()) record = client_.MakeCustomer(customer, step.effective_day);
    return record;
  }

  bool FillLink(const StepPlan& plan, v1::Change* change) {
    change->set_source("desk");
    change->set_channel("back-office");
    const Step& step = worked_.steps[static_cast<size_t>(count_) - 1];
    if (plan.kind == StepPlan::Kind::kLink) {
      links_.emplace_back(plan.customer, plan.other);
      auto* link = change->mutable_body()->mutable_link_customers();
      link->set_customer(RecordOf(plan.customer, step));
      link->set_other(RecordOf(plan.other, step));
      return true;
    }
    // The newest merge that it was part of.
    const auto found = std::find_if(links_.rbegin(), links_.rend(), [&](const auto& pair) {
      return pair.first == plan.customer || pair.second == plan.customer;
    });
    if (found == links_.rend()) return false;
    auto* unlink = change->mutable_body()->mutable_unlink_customers();
    unlink->set_customer(RecordOf(found->first, step));
    unlink->set_other(RecordOf(found->second, step));
    links_.erase(std::next(found).base());
    return true;
  }

  void Check(const Expectation& expectation) {
    const auto& words = expectation.words;
    const auto step = std::find_if(worked_.steps.begin(), worked_.steps.end(), [&](const Step& s) {
      return words[0] == std::to_string(s.number);
    });
    const bool of_step = step != worked_.steps.end();
    const bool of_code = words[0] == "code" && words.size() == 3;
    const int number = of_step ? step->number : of_code ? std::atoi(words[1].c_str()) : INT32_MAX;
    if (first_not_run_ && number >= *first_not_run_) {
      result_.unchecked.push_back(
          absl::StrCat("= ", expectation.text, " (after a step that can't be run yet)"));
      return;
    }
    Answer answer;
    if (of_step) {
      answer = CheckOutcome(outcomes_[number], words);
    } else if (of_code) {
      const std::string& code = outcomes_[number].code;
      answer = {.kind = code == words[2] ? Answer::kSame : Answer::kOther, .text = code};
    } else {
      answer = answers_.Check(words);
    }
    switch (answer.kind) {
      case Answer::kSame:
        ++result_.passed;
        break;
      case Answer::kOther:
        result_.differences.push_back(absl::StrCat("line ", expectation.line,
                                                   ": = ", expectation.text, ": is ", answer.text));
        break;
      case Answer::kNotYet:
        result_.unchecked.push_back(
            absl::StrCat("= ", expectation.text, " (needs ", answer.text, ")"));
        break;
    }
  }

  // "2 APPLIED NO_CHANGE", "6 REJECTED CODE_TAKEN".
  static Answer CheckOutcome(const StepOutcome& outcome, const std::vector<std::string>& words) {
    std::set<std::string> expected(words.begin() + std::min<size_t>(2, words.size()), words.end());
    std::set<std::string> names(outcome.names.begin(), outcome.names.end());
    const std::string text = absl::StrCat(
        outcome.status, names.empty() ? "" : " ", absl::StrJoin(names, " "),
        outcome.detail.empty() ? "" : " (", outcome.detail, outcome.detail.empty() ? "" : ")");
    const std::string status = words.size() > 1 ? words[1] : "";
    // What the gateway refuses for its form never reaches the log; a case may call it either.
    const bool same_status =
        outcome.status == status || (outcome.refused_at_gateway && status == "REJECTED");
    // A duplicate tells the flags of the first one, too.
    const bool same_names = status == "DUPLICATE" ? std::includes(names.begin(), names.end(),
                                                                  expected.begin(), expected.end())
                                                  : names == expected;
    return {.kind = same_status && same_names ? Answer::kSame : Answer::kOther, .text = text};
  }

  const WorkedCase& worked_;
  Service* const service_;
  Client client_;
  std::map<std::string, std::string> records_;  // by the case's names of customers
  Answers answers_;
  std::map<int, StepOutcome> outcomes_;
  std::vector<std::pair<std::string, std::string>> links_;
  std::optional<int> first_not_run_;
  int count_ = 0;
  CaseResult result_;
};

}  // namespace

CaseResult RunCase(const WorkedCase& worked, const std::string& merchant, Service* service) {
  return Run(worked, merchant, service).Do();
}

}  // namespace carnet::ledger_cases
