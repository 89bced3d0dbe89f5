#include "tests/acceptance/ledger/unsure.h"

#include <algorithm>

namespace carnet::ledger_cases {

Unsure::Unsure(const WorkedCase& worked) : worked_(worked) {}

std::set<std::string> Unsure::MergedWith(const std::string& customer) const {
  std::set<std::string> merged = {customer};
  for (size_t before = 0; before != merged.size();) {
    before = merged.size();
    for (const Step& step : worked_.steps) {
      const auto& words = step.words;
      if (step.verb != "merge" || words.size() != 3) continue;
      if (merged.contains(words[0])) merged.insert(words[2]);
      if (merged.contains(words[2])) merged.insert(words[0]);
    }
  }
  return merged;
}

void Unsure::NotRun(const Step& step, const StepPlan& plan) {
  left_out_.emplace(step.number, LeftOut{step.line, std::min(step.effective_day, step.recorded_day),
                                         step.recorded_day, MergedWith(plan.customer), plan});
}

std::string Unsure::NeedOfFigure(const Question& question) const {
  if (question.words.empty()) return {};
  const std::string& what = question.words[0];
  const bool of_customer = what == "bal" || what == "own" || what == "pay" || what == "bought";
  if (!of_customer && what != "takings" && what != "acct" && what != "after") return {};
  const std::string name = question.words.size() > 1 ? question.words[1] : "";
  for (const auto& [number, left_out] : left_out_) {
    if (!left_out.plan.moves_money) continue;
    if (of_customer && !left_out.customers.contains(name)) continue;
    const auto before = [](const std::string& date, int32_t day) {
      const auto asked = ParseDate(date);
      return asked && *asked < day;
    };
    if (before(question.recorded, left_out.recorded_day) ||
        before(question.effective, left_out.first_day) ||
        (what == "takings" && before(name, left_out.first_day))) {
      continue;
    }
    return left_out.plan.why;
  }
  return {};
}

std::string Unsure::NeedOfStep(const Step& step, bool generated) const {
  if (const auto self = left_out_.find(step.number); self != left_out_.end())
    return self->second.plan.why;
  for (const auto& [number, left_out] : left_out_) {
    if (left_out.line > step.line) continue;
    if (generated && left_out.plan.takes_code) return left_out.plan.why;
    // What its customer owes decides whether there is something to set or to offset.
    const bool same = std::any_of(step.words.begin(), step.words.end(), [&](const auto& word) {
      return left_out.customers.contains(word);
    });
    const bool asks = step.verb == "setdebt" || step.verb == "offset" || step.verb == "reverse";
    if (left_out.plan.moves_money && asks && (same || step.verb == "reverse"))
      return left_out.plan.why;
  }
  return {};
}

}  // namespace carnet::ledger_cases
