#include "tests/acceptance/ledger/to_change.h"

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
    if (next_ < words_.size() && CurrencyExponent(words_[next_])) money->set_unit(words_[next_++]);
    return true;
  }
  bool done() const { return next_ == words_.size(); }

 private:
  const std::vector<std::string>& words_;
  size_t next_ = 0;
};

std::string CodeOf(const std::string& word) { return word == "*" ? "" : word; }

std::string SourceOf(const Step& step) {
  const auto source = step.options.find("src");
  return source == step.options.end() ? kDefaultSource : absl::AsciiStrToLower(source->second);
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
  const auto option = step.options.find(name);
  if (option == step.options.end()) return std::string();
  const auto day = ParseDate(option->second);
  if (!day) return Bad(step, "that is no date: " + option->second);
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
    } else if (name == "account" && value == "payable") {
      posting->set_account(v1::CUSTOMER_ACCOUNT_PAYABLE);
    } else if (name == "sc" || name == "xu") {
      plan->kind = StepPlan::Kind::kNotYet;
      plan->why = name == "sc" ? "store credit" : "coins";
    } else if (name != "due" && name != "src" && name != "id" && name != "names" &&
               name != "order" && name != "category") {
      return Bad(step, "don't know the option " + name + "=");
    }
  }
  return absl::OkStatus();
}

absl::Status ReadSetDebt(const WorkedCase& worked, const Step& step, WordReader* words,
                         StepPlan* plan) {
  auto* set_debt = plan->change.mutable_body()->mutable_set_debt();
  if (!words->Take(&plan->customer) ||
      !words->TakeMoney(worked.currency, set_debt->mutable_target())) {
    return Bad(step, "setdebt CUST AMOUNT [expect=BALANCE]");
  }
  if (const auto code = step.options.find("code"); code != step.options.end())
    set_debt->set_code(CodeOf(code->second));
  if (const auto expect = step.options.find("expect"); expect != step.options.end()) {
    plan->change.mutable_preconditions()->mutable_expected_balance()->set_decimal(expect->second);
  }
  return absl::OkStatus();
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
  const std::string source = SourceOfCode(worked, target);
  if (!step.options.contains("src")) plan->change.set_source(source);
  if (plan->change.source() != source) reversal->set_target_source(source);
  return absl::OkStatus();
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
  assign->set_target_source(SourceOfCode(worked, target));
  assign->set_code(CodeOf(code));
  return absl::OkStatus();
}

absl::Status ReadLock(const Step& step, WordReader* words, StepPlan* plan) {
  std::string date;
  words->Take(&date);
  const auto day = ParseDate(date);
  if (!day) return Bad(step, "lock DATE");
  plan->change.mutable_body()->mutable_set_book_dates()->set_closed_until(FormatCivilDay(*day));
  return absl::OkStatus();
}

absl::Status ReadLink(const Step& step, WordReader* words, StepPlan* plan) {
  plan->kind = step.verb == "merge" ? StepPlan::Kind::kLink : StepPlan::Kind::kUnlink;
  const bool into = step.verb == "merge";
  if (!words->Take(&plan->customer) ||
      (into && (!words->TakeThe("into") || !words->Take(&plan->other)))) {
    return Bad(step, into ? "merge A into B" : "unmerge A");
  }
  return absl::OkStatus();
}

// Verbs of what is not built, and what they need.
std::string NotYet(const std::string& verb) {
  static const std::map<std::string, std::string> kVerbs = {
      {"expire", "store credit"}, {"credit", "store credit"}, {"writeoff", "write-offs"},
      {"cancel", "orders"},       {"limit", "credit limits"}, {"policy", "coins"},
      {"coins", "coins"}};
  const auto found = kVerbs.find(verb);
  return found == kVerbs.end() ? std::string() : found->second;
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
      {"direct-debit", v1::TENDER_METHOD_DIRECT_DEBIT},
      {"wallet", v1::TENDER_METHOD_WALLET},
      {"cod", v1::TENDER_METHOD_CASH_ON_DELIVERY}};
  const auto method = kMethods.find(word);
  if (method == kMethods.end()) return std::nullopt;
  return method->second;
}

std::string SourceOfCode(const WorkedCase& worked, const std::string& code) {
  for (const Step& step : worked.steps) {
    const bool posts = KindOf(step.verb) && step.words.size() > 1 && step.words[1] == code;
    if (posts) return SourceOf(step);
  }
  return kDefaultSource;
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
  } else if (plan.why = NotYet(step.verb); !plan.why.empty()) {
    plan.kind = StepPlan::Kind::kNotYet;
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
