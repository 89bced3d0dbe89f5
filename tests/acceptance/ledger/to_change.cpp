#include "tests/acceptance/ledger/to_change.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "base/civil_date.h"
#include "base/money.h"

namespace carnet::ledger_cases {
namespace {

constexpr char kDefaultSource[] = "till";

absl::Status Bad(const Step& step, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("step ", step.number, ": ", std::string(what)));
}

bool IsThreeCapitals(const std::string& word) {
  return word.size() == 3 && std::all_of(word.begin(), word.end(), absl::ascii_isupper);
}

// The words of a step, taken one after the other.
class WordReader {
 public:
  explicit WordReader(const Step& step) : words_(step.words) {}

  bool Take(std::string* word) {
    if (next_ == words_.size()) return false;
    *word = words_[next_++];
    return true;
  }
  bool TakeThe(const std::string& expected) {
    if (next_ == words_.size() || words_[next_] != expected) return false;
    ++next_;
    return true;
  }
  // An amount, and its currency where it says one.
  bool TakeMoney(const std::string& currency, v1::Money* money) {
    std::string text;
    if (!Take(&text)) return false;
    if (text.starts_with('+')) text.erase(0, 1);
    money->set_decimal(text);
    money->set_unit(currency);
    // Whether there is such a currency is the service's to say.
    if (next_ < words_.size() && IsThreeCapitals(words_[next_])) money->set_unit(words_[next_++]);
    return true;
  }
  bool done() const { return next_ == words_.size(); }

 private:
  const std::vector<std::string>& words_;
  size_t next_ = 0;
};

std::string CodeOf(const std::string& word) { return word == "*" ? "" : word; }

std::string SourceOf(const Step& step) {
  const std::string* const source = step.Option("src");
  return source == nullptr ? kDefaultSource : absl::AsciiStrToLower(*source);
}

// Options that the verb does not have, or that are there twice, would be lost without a word.
absl::Status CheckOptions(const Step& step, const std::set<std::string>& known) {
  std::set<std::string> seen;
  for (const auto& [name, value] : step.options) {
    const bool is_tender = MethodOf(name).has_value();
    if (name != "src" && name != "id" && !known.contains(name) &&
        !(is_tender && known.contains("tenders"))) {
      return Bad(step, step.verb + " has no option " + name + "=");
    }
    if (value.empty()) return Bad(step, name + "= says nothing");
    if (!seen.insert(name).second && !is_tender) return Bad(step, name + "= is there twice");
  }
  return absl::OkStatus();
}

std::optional<v1::VoucherKind> KindOf(const std::string& verb) {
  static const std::map<std::string, v1::VoucherKind> kKinds = {
      {"sale", v1::VOUCHER_KIND_SALE},
      {"return", v1::VOUCHER_KIND_RETURN},
      {"receipt", v1::VOUCHER_KIND_RECEIPT},
      {"payment", v1::VOUCHER_KIND_PAYMENT},
      {"opening", v1::VOUCHER_KIND_OPENING},
      {"adjust", v1::VOUCHER_KIND_ADJUSTMENT},
      {"offset", v1::VOUCHER_KIND_OFFSET},
      {"exchange", v1::VOUCHER_KIND_EXCHANGE},
      {"bill", v1::VOUCHER_KIND_BILL},
      {"bill-credit", v1::VOUCHER_KIND_BILL_CREDIT},
      {"supplier-payment", v1::VOUCHER_KIND_SUPPLIER_PAYMENT},
      {"supplier-refund", v1::VOUCHER_KIND_SUPPLIER_REFUND}};
  const auto kind = kKinds.find(verb);
  if (kind == kKinds.end()) return std::nullopt;
  return kind->second;
}

// The option's date as the API has it; nothing where there is none.
absl::StatusOr<std::string> DateOption(const Step& step, const std::string& name) {
  const std::string* const option = step.Option(name);
  if (option == nullptr) return std::string();
  const auto day = ParseDate(*option);
  if (!day) return Bad(step, "that is no date: " + *option);
  return FormatCivilDay(*day);
}

absl::Status ReadPosting(const WorkedCase& worked, const Step& step, v1::VoucherKind kind,
                         WordReader* words, StepPlan* plan) {
  auto* posting = plan->change.mutable_body()->mutable_posting();
  posting->set_kind(kind);
  std::string code;
  if (!words->Take(&plan->customer) || !words->Take(&code) ||
      !words->TakeMoney(worked.currency, posting->mutable_total())) {
    return Bad(step, step.verb + " is followed by customer, code and amount");
  }
  posting->set_code(CodeOf(code));
  const auto due = DateOption(step, "due");
  if (!due.ok()) return due.status();
  posting->set_due_date(*due);
  if (kind == v1::VOUCHER_KIND_EXCHANGE) {
    if (!words->TakeThe("for") ||
        !words->TakeMoney(worked.currency, posting->mutable_exchanged())) {
      return Bad(step, "exchange CUST CODE AMOUNT CUR for AMOUNT CUR");
    }
  }
  std::string method;
  if (words->Take(&method)) {
    const auto known = MethodOf(method);
    if (!known) return Bad(step, "that is no method: " + method);
    auto* tender = posting->add_tenders();
    tender->set_method(*known);
    tender->mutable_amount()->set_decimal(posting->total().decimal());
  }
  for (const auto& [name, value] : step.options) {
    if (const auto known = MethodOf(name)) {
      auto* tender = posting->add_tenders();
      tender->set_method(*known);
      tender->mutable_amount()->set_decimal(value);
    } else if (name == "round") {
      posting->mutable_rounding()->set_decimal(value);
    } else if (name == "tax") {
      posting->mutable_tax()->set_decimal(value);
    } else if (name == "of") {
      posting->set_of_code(value);
    } else if (name == "category") {
      posting->set_category(value);
    } else if (name == "account") {
      if (value != "payable" && value != "receivable")
        return Bad(step, "an account is receivable or payable, not " + value);
      posting->set_account(value == "payable" ? v1::CUSTOMER_ACCOUNT_PAYABLE
                                              : v1::CUSTOMER_ACCOUNT_RECEIVABLE);
    } else if (name == "sc" || name == "xu") {
      plan->kind = StepPlan::Kind::kNotYet;
      plan->why = name == "sc" ? "store credit" : "coins";
      plan->moves_money = true;
      plan->takes_code = CodeOf(code).empty();
    }
  }
  // What `names` and `order` say is about allocation: the voucher is the same without.
  return CheckOptions(step, {"tenders", "round", "tax", "of", "due", "account", "category", "names",
                             "order", "sc", "xu"});
}

absl::Status ReadSetDebt(const WorkedCase& worked, const Step& step, WordReader* words,
                         StepPlan* plan) {
  auto* set_debt = plan->change.mutable_body()->mutable_set_debt();
  if (!words->Take(&plan->customer) ||
      !words->TakeMoney(worked.currency, set_debt->mutable_target())) {
    return Bad(step, "setdebt CUST AMOUNT [expect=BALANCE]");
  }
  if (const auto* code = step.Option("code")) set_debt->set_code(CodeOf(*code));
  if (const auto* expect = step.Option("expect"))
    plan->change.mutable_preconditions()->mutable_expected_balance()->set_decimal(*expect);
  return CheckOptions(step, {"code", "expect"});
}

absl::Status ReadReversal(const WorkedCase& worked, const Step& step, WordReader* words,
                          StepPlan* plan) {
  auto* reversal = plan->change.mutable_body()->mutable_reversal();
  std::string target;
  std::string code;
  if (!words->Take(&target)) return Bad(step, "reverse CODE as NEW");
  if (words->TakeThe("as") && !words->Take(&code)) return Bad(step, "reverse CODE as NEW");
  reversal->set_target_code(target);
  reversal->set_code(CodeOf(code));
  // Unless said otherwise it comes from where its target does.
  const std::string source = SourceOfCode(worked, target, &step);
  if (step.Option("src") == nullptr) plan->change.set_source(source);
  if (plan->change.source() != source) reversal->set_target_source(source);
  return CheckOptions(step, {});
}

absl::Status ReadAssignment(const WorkedCase& worked, const Step& step, WordReader* words,
                            StepPlan* plan) {
  auto* assign = plan->change.mutable_body()->mutable_assign_voucher();
  std::string target;
  std::string code;
  if (!words->Take(&target) || !words->TakeThe("to") || !words->Take(&plan->customer))
    return Bad(step, "assign CODE to CUST");
  if (words->TakeThe("as") && !words->Take(&code)) return Bad(step, "assign CODE to CUST as NEW");
  assign->set_target_code(target);
  assign->set_target_source(SourceOfCode(worked, target, &step));
  assign->set_code(CodeOf(code));
  return CheckOptions(step, {});
}

absl::Status ReadLock(const Step& step, WordReader* words, StepPlan* plan) {
  std::string date;
  words->Take(&date);
  const auto day = ParseDate(date);
  if (!day) return Bad(step, "lock DATE");
  plan->change.mutable_body()->mutable_set_book_dates()->set_closed_until(FormatCivilDay(*day));
  return CheckOptions(step, {});
}

absl::Status ReadLink(const Step& step, WordReader* words, StepPlan* plan) {
  plan->kind = step.verb == "merge" ? StepPlan::Kind::kLink : StepPlan::Kind::kUnlink;
  const bool into = step.verb == "merge";
  if (!words->Take(&plan->customer) ||
      (into && (!words->TakeThe("into") || !words->Take(&plan->other)))) {
    return Bad(step, into ? "merge A into B" : "unmerge A");
  }
  return CheckOptions(step, {});
}

// Verbs of what is not built. Write-offs change what somebody owes; the others leave what this half
// of the ledger tells as it is.
bool IsNotYet(const Step& step, StepPlan* plan) {
  static const std::map<std::string, std::string> kVerbs = {
      {"expire", "store credit"}, {"credit", "store credit"}, {"writeoff", "write-offs"},
      {"cancel", "orders"},       {"limit", "credit limits"}, {"policy", "coins"},
      {"coins", "coins"}};
  const auto found = kVerbs.find(step.verb);
  if (found == kVerbs.end()) return false;
  plan->kind = StepPlan::Kind::kNotYet;
  plan->why = found->second;
  plan->moves_money = step.verb == "writeoff";
  if (plan->moves_money && !step.words.empty()) plan->customer = step.words[0];
  const bool has_own_code = (step.verb == "writeoff" || step.verb == "credit") &&
                            step.words.size() > 1 && !CodeOf(step.words[1]).empty();
  plan->takes_code = !has_own_code && (step.verb == "expire" || step.verb == "credit" ||
                                       step.verb == "writeoff" || step.verb == "coins");
  return true;
}

// The code that a step gives the voucher it posts; empty: none of its own.
std::string IssuedBy(const Step& step) {
  const auto& words = step.words;
  if (KindOf(step.verb)) return words.size() > 1 ? CodeOf(words[1]) : "";
  if (step.verb == "setdebt") {
    const std::string* const code = step.Option("code");
    return code == nullptr ? "" : CodeOf(*code);
  }
  if (step.verb != "reverse" && step.verb != "assign") return {};
  const auto as = std::find(words.begin(), words.end(), "as");
  return as == words.end() || as + 1 == words.end() ? "" : CodeOf(as[1]);
}

// Depth: reversals may name each other in circles.
std::string FindSource(const WorkedCase& worked, const std::string& code, const Step* asker,
                       size_t depth) {
  const auto source_of = [&](const Step& step) {
    if (step.verb != "reverse" || step.Option("src") != nullptr || step.words.empty() ||
        depth > worked.steps.size()) {
      return SourceOf(step);
    }
    return FindSource(worked, step.words[0], &step, depth + 1);
  };
  const Step* best = nullptr;
  const bool asks_for_own = asker != nullptr && asker->Option("src") != nullptr;
  for (const Step& step : worked.steps) {
    if (&step == asker || IssuedBy(step) != code) continue;
    if (asks_for_own && SourceOf(step) == SourceOf(*asker)) return SourceOf(step);
    // In the order of the steps: what stands before the asker replaces what stood before that.
    if (best == nullptr || asker == nullptr || step.line < asker->line) best = &step;
  }
  return best == nullptr ? kDefaultSource : source_of(*best);
}

}  // namespace

std::optional<v1::TenderMethod> MethodOf(const std::string& word) {
  static const std::map<std::string, v1::TenderMethod> kMethods = {
      {"acct", v1::TENDER_METHOD_ON_ACCOUNT},
      {"cash", v1::TENDER_METHOD_CASH},
      {"card", v1::TENDER_METHOD_CARD},
      {"transfer", v1::TENDER_METHOD_TRANSFER},
      {"cheque", v1::TENDER_METHOD_CHEQUE},
      {"debit", v1::TENDER_METHOD_DIRECT_DEBIT},
      {"directdebit", v1::TENDER_METHOD_DIRECT_DEBIT},
      {"direct-debit", v1::TENDER_METHOD_DIRECT_DEBIT},
      {"wallet", v1::TENDER_METHOD_WALLET},
      {"cod", v1::TENDER_METHOD_CASH_ON_DELIVERY}};
  const auto method = kMethods.find(word);
  if (method == kMethods.end()) return std::nullopt;
  return method->second;
}

std::string SourceOfCode(const WorkedCase& worked, const std::string& code, const Step* asker) {
  return FindSource(worked, code, asker, 0);
}

absl::StatusOr<StepPlan> PlanStep(const WorkedCase& worked, const Step& step) {
  StepPlan plan;
  plan.change.set_channel("pos");
  plan.change.set_source(SourceOf(step));
  plan.change.set_actor("clerk");
  plan.change.set_intent(step.fact ? v1::INTENT_FACT : v1::INTENT_REQUEST);
  plan.change.set_effective_date(FormatCivilDay(step.effective_day));
  // At noon: two steps of one day and one ticket are the same ticket.
  plan.change.mutable_occurred_at()->set_seconds(int64_t{step.effective_day} * 86'400 + 43'200);

  WordReader words(step);
  absl::Status read;
  if (const auto kind = KindOf(step.verb)) {
    read = ReadPosting(worked, step, *kind, &words, &plan);
  } else if (step.verb == "setdebt") {
    read = ReadSetDebt(worked, step, &words, &plan);
  } else if (step.verb == "reverse") {
    read = ReadReversal(worked, step, &words, &plan);
  } else if (step.verb == "assign") {
    read = ReadAssignment(worked, step, &words, &plan);
  } else if (step.verb == "lock") {
    read = ReadLock(step, &words, &plan);
  } else if (step.verb == "merge" || step.verb == "unmerge") {
    read = ReadLink(step, &words, &plan);
  } else if (IsNotYet(step, &plan)) {
    return plan;
  } else {
    return Bad(step, "don't know the verb " + step.verb);
  }
  if (!read.ok()) return read;
  if (!words.done() && plan.kind != StepPlan::Kind::kNotYet)
    return Bad(step, "there is more on the line than " + step.verb + " takes");
  if (plan.customer == "-") plan.customer.clear();
  return plan;
}

}  // namespace carnet::ledger_cases
