#include "tests/acceptance/ledger/runner.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "base/civil_date.h"
#include "base/uuid.h"
#include "tests/acceptance/ledger/answers.h"
#include "tests/acceptance/ledger/client.h"
#include "tests/acceptance/ledger/to_change.h"
#include "tests/acceptance/ledger/unsure.h"

namespace carnet::ledger_cases {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kSecondsPerDay = 86'400;

// "2 APPLIED NO_CHANGE", "6 REJECTED CODE_TAKEN".
struct ExpectedOutcome {
  std::string status;
  std::set<std::string> names;
  std::string need;  // of names that are not built; they are left out
};

ExpectedOutcome ReadOutcome(const std::vector<std::string>& words) {
  ExpectedOutcome expected;
  if (words.size() > 1) expected.status = words[1];
  for (size_t i = 2; i < words.size(); ++i) {
    for (const absl::string_view name : absl::StrSplit(words[i], ',', absl::SkipEmpty())) {
      if (const std::string need = NeedOfOutcome(std::string(name)); !need.empty()) {
        expected.need = need;
      } else {
        expected.names.emplace(name);
      }
    }
  }
  return expected;
}

class Run {
 public:
  Run(const WorkedCase& worked, const std::string& merchant, Service* service)
      : worked_(worked),
        service_(service),
        client_(service->channel(), merchant),
        unsure_(worked),
        answers_(worked, &client_, &records_) {}

  CaseResult Do() {
    result_.differences = worked_.errors;
    auto next = worked_.expectations.begin();
    for (size_t i = 0; i < worked_.steps.size(); ++i) {
      for (; next != worked_.expectations.end() && next->after_steps <= i; ++next) Check(*next);
      DoStep(worked_.steps[i]);
    }
    for (; next != worked_.expectations.end(); ++next) Check(*next);
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
      result_.differences.push_back(absl::StrCat(worked_.file, ":", step.line, ": ",
                                                 plan.status().message(), ": ", step.text));
      return;
    }
    // What is to be refused for a reason that is not built would be applied: not run, it is
    // refused.
    const ExpectedOutcome expected = OutcomeOf(step);
    if (plan->kind != StepPlan::Kind::kNotYet && expected.status == "REJECTED" &&
        !expected.need.empty()) {
      plan->kind = StepPlan::Kind::kNotYet;
      plan->why = expected.need;
    }
    if (plan->kind == StepPlan::Kind::kNotYet) {
      unsure_.NotRun(step, *plan);
      result_.not_run.push_back(absl::StrCat(step.text, " (needs ", plan->why, ")"));
      return;
    }
    auto& change = plan->change;
    const std::string* const id = step.Option("id");
    change.set_id(Uuid::FromFields({client_.merchant(), id == nullptr ? "step" : "id",
                                    id == nullptr ? std::to_string(step.number) : *id})
                      .ToString());
    if (plan->kind != StepPlan::Kind::kPublish) {
      FillLink(*plan, step, &change);
    } else if (!plan->customer.empty()) {
      change.set_customer(RecordOf(plan->customer, step));
    }
    outcomes_[step.number] = client_.Publish(change);
  }

  ExpectedOutcome OutcomeOf(const Step& step) const {
    for (const Expectation& expectation : worked_.expectations) {
      if (expectation.words[0] == std::to_string(step.number))
        return ReadOutcome(expectation.words);
    }
    return {};
  }

  // customers/{id}: made known when a step first speaks of it.
  std::string RecordOf(const std::string& customer, const Step& step) {
    std::string& record = records_[customer];
    if (record.empty()) record = client_.MakeCustomer(customer, step.effective_day);
    return record;
  }

  void FillLink(const StepPlan& plan, const Step& step, v1::Change* change) {
    change->set_source("desk");
    change->set_channel("back-office");
    if (plan.kind == StepPlan::Kind::kLink) {
      links_.emplace_back(plan.customer, plan.other);
      auto* link = change->mutable_body()->mutable_link_customers();
      link->set_customer(RecordOf(plan.customer, step));
      link->set_other(RecordOf(plan.other, step));
      return;
    }
    // Undoes the newest merge of that customer into another, else the newest of another into it;
    // else there is nothing to undo.
    const auto find = [&](auto member) {
      return std::find_if(links_.rbegin(), links_.rend(),
                          [&](const auto& pair) { return pair.*member == plan.customer; });
    };
    using Pair = std::pair<std::string, std::string>;
    auto found = find(&Pair::first);
    if (found == links_.rend()) found = find(&Pair::second);
    Pair pair = {plan.customer, plan.customer};
    if (found != links_.rend()) {
      pair = *found;
      links_.erase(std::next(found).base());
    }
    auto* unlink = change->mutable_body()->mutable_unlink_customers();
    unlink->set_customer(RecordOf(pair.first, step));
    unlink->set_other(RecordOf(pair.second, step));
  }

  void Check(const Expectation& expectation) {
    const Answer answer = AnswerTo(expectation);
    switch (answer.kind) {
      case Answer::kSame:
        ++result_.passed;
        break;
      case Answer::kOther:
        result_.differences.push_back(absl::StrCat(worked_.file, ":", expectation.line,
                                                   ": = ", expectation.text, ": is ", answer.text));
        break;
      case Answer::kNotYet:
        result_.unchecked.push_back(
            absl::StrCat("= ", expectation.text, " (needs ", answer.text, ")"));
        break;
    }
  }

  Answer AnswerTo(const Expectation& expectation) {
    const auto& words = expectation.words;
    int number = 0;
    const bool of_step = absl::SimpleAtoi(words[0], &number);
    const bool of_code =
        words[0] == "code" && words.size() == 3 && absl::SimpleAtoi(words[1], &number);
    if (!of_step && !of_code) {
      Question question;
      if (ReadQuestion(worked_, words, &question)) {
        if (const std::string need = unsure_.NeedOfFigure(question); !need.empty())
          return {Answer::kNotYet, need};
      }
      return answers_.Check(words);
    }
    const auto step = std::find_if(worked_.steps.begin(), worked_.steps.end(),
                                   [&](const Step& s) { return s.number == number; });
    if (step == worked_.steps.end())
      return {Answer::kOther, absl::StrCat("not understood: there is no step ", number)};
    const bool generated = of_code && words[2].starts_with("V-");
    if (const std::string need = unsure_.NeedOfStep(*step, generated); !need.empty())
      return {Answer::kNotYet, need};
    const auto outcome = outcomes_.find(number);
    if (outcome == outcomes_.end()) return {Answer::kOther, "nothing yet: that step was not run"};
    if (of_step) return CheckOutcome(outcome->second, words);
    const std::string& code = outcome->second.code;
    return {.kind = code == words[2] ? Answer::kSame : Answer::kOther, .text = code};
  }

  static Answer CheckOutcome(const StepOutcome& outcome, const std::vector<std::string>& words) {
    const ExpectedOutcome expected = ReadOutcome(words);
    std::set<std::string> names(outcome.names.begin(), outcome.names.end());
    const std::string text = absl::StrCat(
        outcome.status, names.empty() ? "" : " ", absl::StrJoin(names, " "),
        outcome.detail.empty() ? "" : " (", outcome.detail, outcome.detail.empty() ? "" : ")");
    // What the gateway refuses for its form never reaches the log; a case may call it either.
    const bool same_status =
        outcome.status == expected.status ||
        (outcome.refused_at_gateway &&
         (expected.status == "REJECTED" || expected.status == "INVALID_ARGUMENT"));
    // A duplicate tells the flags of the first one, too.
    const bool same_names = expected.status == "DUPLICATE"
                                ? std::includes(names.begin(), names.end(), expected.names.begin(),
                                                expected.names.end())
                                : names == expected.names;
    if (!same_status || !same_names) return {.kind = Answer::kOther, .text = text};
    if (!expected.need.empty()) return {.kind = Answer::kNotYet, .text = expected.need};
    return {.kind = Answer::kSame, .text = text};
  }

  const WorkedCase& worked_;
  Service* const service_;
  Client client_;
  Unsure unsure_;
  std::map<std::string, std::string> records_;  // by the case's names of customers
  Answers answers_;
  std::map<int, StepOutcome> outcomes_;
  std::vector<std::pair<std::string, std::string>> links_;
  int count_ = 0;
  CaseResult result_;
};

}  // namespace

CaseResult RunCase(const WorkedCase& worked, const std::string& merchant, Service* service) {
  return Run(worked, merchant, service).Do();
}

}  // namespace carnet::ledger_cases
