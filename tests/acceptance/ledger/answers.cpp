#include "tests/acceptance/ledger/answers.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "base/civil_date.h"
#include "base/money.h"
#include "tests/acceptance/ledger/to_change.h"

namespace carnet::ledger_cases {
namespace {

// Words of what is not built yet, and what they need.
const std::map<std::string, std::string>& NotYet() {
  static const std::map<std::string, std::string> kWords = {
      {"open", "allocation"}, {"credit", "allocation"}, {"age", "ageing"},
      {"sc", "store credit"}, {"xu", "coins"},          {"breaches", "credit limits"}};
  return kWords;
}

// What a case calls an account, and what the API does.
std::string AccountOf(const std::string& word) {
  static const std::map<std::string, std::string> kNames = {
      {"unknown", "unknown-debtor"}, {"debit", "direct-debit"}, {"adjustment", "adjustments"}};
  const auto name = kNames.find(word);
  return name == kNames.end() ? word : name->second;
}

Answer Bad(const std::string& how) { return {Answer::kOther, "not understood; write: " + how}; }

}  // namespace

bool Answers::Read(const std::vector<std::string>& words, Question* question) const {
  question->currency = worked_.currency;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool dated = words[i] == "eff" || words[i] == "rec";
    if ((dated || words[i] == "src") && i + 1 < words.size()) {
      const std::string& value = words[++i];
      if (!dated) {
        question->source = absl::AsciiStrToLower(value);
        continue;
      }
      const auto day = ParseDate(value);
      if (!day) return false;
      (words[i - 1] == "eff" ? question->effective : question->recorded) = FormatCivilDay(*day);
    } else if (i > 1 && CurrencyExponent(words[i])) {
      question->currency = words[i];
    } else {
      question->words.push_back(words[i]);
    }
  }
  return true;
}

Answer Answers::Check(const std::vector<std::string>& words) {
  if (const auto later = NotYet().find(words[0]); later != NotYet().end())
    return {Answer::kNotYet, later->second};
  Question question;
  if (!Read(words, &question)) return {Answer::kOther, "not understood: a date in it is none"};
  static const std::set<std::string> kBalances = {"bal", "own", "pay", "bought"};
  if (kBalances.contains(words[0])) return CheckBalance(question);
  if (words[0] == "takings") return CheckTakings(question);
  if (words[0] == "acct") return CheckAccount(question);
  if (words[0] == "after") return CheckAfter(question);
  return {Answer::kOther, "not understood: don't know the word " + words[0]};
}

Answer Answers::Compare(const std::string& expected, int64_t minor,
                        const std::string& currency) const {
  const int exponent = CurrencyExponent(currency).value_or(0);
  const DecimalResult parsed = ParseDecimal(expected, exponent);
  if (parsed.error) return {Answer::kOther, "not understood: that is no amount: " + expected};
  return {parsed.minor == minor ? Answer::kSame : Answer::kOther, FormatDecimal(minor, exponent)};
}

Answer Answers::CheckBalance(const Question& question) {
  const auto& words = question.words;
  if (words.size() != 3) return Bad(words[0] + " CUST [eff D] [rec D] AMOUNT");
  int64_t minor = 0;
  // Who was never spoken of has nothing.
  if (const auto record = records_->find(words[1]); record != records_->end()) {
    v1::GetBalanceRequest request;
    request.set_customer(client_->parent() + "/" + record->second);
    request.set_unit(question.currency);
    request.set_effective_date(question.effective);
    request.set_recorded_date(question.recorded);
    request.set_own_record_only(words[0] == "own");
    const auto response = client_->GetBalance(request);
    minor = words[0] == "pay" ? response.balances(0).payable_minor()
                              : response.balances(0).receivable_minor();
    if (words[0] == "bought")
      minor = response.bought().empty() ? 0 : response.bought(0).gross_minor();
  }
  return Compare(words[2], minor, question.currency);
}

Answer Answers::CheckTakings(const Question& question) {
  const auto& words = question.words;
  const auto day = words.size() > 1 ? ParseDate(words[1]) : std::nullopt;
  if (words.size() != 4 || !day) return Bad("takings DATE [src T] METHOD AMOUNT");
  v1::GetAccountSumsRequest request;
  request.add_accounts(AccountOf(words[2]));
  request.set_effective_from(FormatCivilDay(*day));
  request.set_effective_to(FormatCivilDay(*day));
  request.set_recorded_date(question.recorded);
  request.set_source(question.source);
  request.set_unit(question.currency);
  int64_t minor = 0;
  const auto sums = client_->GetAccountSums(request);
  for (const auto& sum : sums.sums()) minor += sum.net().minor();
  return Compare(words[3], minor, question.currency);
}

Answer Answers::CheckAccount(const Question& question) {
  const auto& words = question.words;
  if (words.size() != 3) return Bad("acct NAME [eff D] [rec D] AMOUNT");
  v1::GetTrialBalanceRequest request;
  request.set_unit(question.currency);
  request.set_effective_date(question.effective);
  request.set_recorded_date(question.recorded);
  int64_t minor = 0;
  int64_t all = 0;
  const auto trial_balance = client_->GetTrialBalance(request);
  for (const auto& line : trial_balance.lines()) {
    all += line.balance().minor();
    if (line.account() == AccountOf(words[1])) minor = line.balance().minor();
  }
  if (all != 0) return {Answer::kOther, "the trial balance does not balance"};
  return Compare(words[2], minor, question.currency);
}

Answer Answers::CheckAfter(const Question& question) {
  const auto& words = question.words;
  if (words.size() != 4 && words.size() != 6)
    return Bad("after CODE [recorded AMOUNT] [effective AMOUNT]");
  const v1::Voucher voucher = client_->GetVoucher(
      words[1], question.source.empty() ? SourceOfCode(worked_, words[1]) : question.source);
  if (voucher.name().empty()) return {Answer::kOther, "there is no voucher of that code"};
  for (size_t i = 2; i + 1 < words.size(); i += 2) {
    const bool recorded = words[i] == "recorded";
    if (!recorded && words[i] != "effective") return Bad("after CODE recorded X effective Y");
    const v1::Amount& amount =
        recorded ? voucher.balance_after() : voucher.effective_balance_after();
    Answer answer = Compare(words[i + 1], amount.minor(), amount.unit());
    if (answer.kind != Answer::kSame) {
      answer.text = words[i] + " " + answer.text;
      return answer;
    }
  }
  return {Answer::kSame, ""};
}

}  // namespace carnet::ledger_cases
