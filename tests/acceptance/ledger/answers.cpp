#include "tests/acceptance/ledger/answers.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "base/civil_date.h"
#include "base/money.h"
#include "tests/acceptance/ledger/to_change.h"

namespace carnet::ledger_cases {
namespace {

using Names = std::map<std::string, std::string>;

std::string Find(const Names& names, const std::string& name) {
  const auto found = names.find(name);
  return found == names.end() ? std::string() : found->second;
}

// Words of what is not built yet, and what they need.
const Names& WordsNotYet() {
  static const Names kWords = {{"open", "allocation"}, {"credit", "allocation"},
                               {"age", "ageing"},      {"sc", "store credit"},
                               {"xu", "coins"},        {"breaches", "credit limits"}};
  return kWords;
}

// Accounts that only what is not built posts to.
const Names& AccountsNotYet() {
  static const Names kAccounts = {{"write-off", "write-offs"},
                                  {"writeoff", "write-offs"},
                                  {"promo", "store credit"},
                                  {"promotion", "store credit"},
                                  {"breakage", "store credit"},
                                  {"sc", "store credit"},
                                  {"store-credit", "store credit"},
                                  {"xu", "coins"},
                                  {"coins", "coins"}};
  return kAccounts;
}

// What a case calls an account, and what the API does; empty: there is none.
std::string AccountOf(const std::string& word) {
  static const Names kOtherNames = {
      {"unknown", "unknown-debtor"}, {"debit", "direct-debit"}, {"directdebit", "direct-debit"},
      {"adjustment", "adjustments"}, {"sale", "sales"},         {"return", "returns"}};
  static const std::set<std::string> kAccounts = {
      "receivable", "payable",        "sales",    "returns",   "tax",         "rounding",
      "opening",    "adjustments",    "exchange", "purchases", "cash",        "card",
      "transfer",   "unknown-debtor", "cheque",   "wallet",    "direct-debit"};
  if (kAccounts.contains(word)) return word;
  return Find(kOtherNames, word);
}

Answer Bad(const std::string& how) { return {Answer::kOther, "not understood; write: " + how}; }

Answer Refused(const absl::Status& status) {
  return {Answer::kOther, "refused: " + std::string(status.message())};
}

}  // namespace

bool ReadQuestion(const WorkedCase& worked, const std::vector<std::string>& words,
                  Question* question) {
  question->currency = worked.currency;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool dated = words[i] == "eff" || words[i] == "rec";
    if (i > 0 && (dated || words[i] == "src") && i + 1 < words.size()) {
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
      question->names_currency = true;
    } else {
      question->words.push_back(words[i]);
    }
  }
  return true;
}

std::string NeedOfOutcome(const std::string& name) {
  static const Names kNeeds = {{"OVER_LIMIT", "credit limits"},
                               {"ON_ACCOUNT_OFF", "credit limits"},
                               {"INSUFFICIENT_COINS", "coins"},
                               {"COINS_NEGATIVE", "coins"},
                               {"EXPIRY_UNDONE", "store credit"}};
  return Find(kNeeds, name);
}

Answer Answers::Check(const std::vector<std::string>& words) {
  if (const std::string need = Find(WordsNotYet(), words[0]); !need.empty())
    return {Answer::kNotYet, need};
  Question question;
  if (!ReadQuestion(worked_, words, &question))
    return {Answer::kOther, "not understood: a date in it is none"};
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
  if (parsed.error) {
    return {Answer::kOther,
            absl::StrCat("not understood: ", expected, " is no amount in ", currency)};
  }
  return {parsed.minor == minor ? Answer::kSame : Answer::kOther, FormatDecimal(minor, exponent)};
}

Answer Answers::CheckBalance(const Question& question) {
  const auto& words = question.words;
  const bool bought = words[0] == "bought";
  const bool dated = !question.effective.empty() || !question.recorded.empty();
  if (words.size() != 3 || !question.source.empty() || (bought && dated))
    return Bad(words[0] + (bought ? " CUST AMOUNT" : " CUST [eff D] [rec D] AMOUNT"));
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
    if (!response.ok()) return Refused(response.status());
    minor = words[0] == "pay" ? response->balances(0).payable_minor()
                              : response->balances(0).receivable_minor();
    if (bought) minor = response->bought().empty() ? 0 : response->bought(0).gross_minor();
  }
  return Compare(words[2], minor, question.currency);
}

Answer Answers::CheckTakings(const Question& question) {
  const auto& words = question.words;
  const auto day = words.size() > 1 ? ParseDate(words[1]) : std::nullopt;
  if (words.size() != 4 || !day || !question.effective.empty())
    return Bad("takings DATE [src T] [rec D] METHOD AMOUNT");
  if (const std::string need = Find(AccountsNotYet(), words[2]); !need.empty())
    return {Answer::kNotYet, need};
  const auto method = MethodOf(words[2]);
  if (!method) return {Answer::kOther, "not understood: that is no method: " + words[2]};
  // What is owed is not taken.
  if (*method == v1::TENDER_METHOD_ON_ACCOUNT || *method == v1::TENDER_METHOD_CASH_ON_DELIVERY)
    return Compare(words[3], 0, question.currency);
  v1::GetAccountSumsRequest request;
  request.add_accounts(AccountOf(words[2]));
  request.set_effective_from(FormatCivilDay(*day));
  request.set_effective_to(FormatCivilDay(*day));
  request.set_recorded_date(question.recorded);
  request.set_source(question.source);
  request.set_unit(question.currency);
  const auto sums = client_->GetAccountSums(request);
  if (!sums.ok()) return Refused(sums.status());
  int64_t minor = 0;
  for (const auto& sum : sums->sums()) minor += sum.net().minor();
  return Compare(words[3], minor, question.currency);
}

Answer Answers::CheckAccount(const Question& question) {
  const auto& words = question.words;
  if (words.size() != 3 || !question.source.empty()) return Bad("acct NAME [eff D] [rec D] AMOUNT");
  if (const std::string need = Find(AccountsNotYet(), words[1]); !need.empty())
    return {Answer::kNotYet, need};
  const std::string account = AccountOf(words[1]);
  if (account.empty())
    return {Answer::kOther, "not understood: the merchant has no account " + words[1]};
  v1::GetTrialBalanceRequest request;
  request.set_unit(question.currency);
  request.set_effective_date(question.effective);
  request.set_recorded_date(question.recorded);
  const auto trial_balance = client_->GetTrialBalance(request);
  if (!trial_balance.ok()) return Refused(trial_balance.status());
  int64_t minor = 0;
  __int128 all = 0;
  for (const auto& line : trial_balance->lines()) {
    all += line.balance().minor();
    if (line.account() == account) minor = line.balance().minor();
  }
  if (all != 0) return {Answer::kOther, "the trial balance does not balance"};
  return Compare(words[2], minor, question.currency);
}

Answer Answers::CheckAfter(const Question& question) {
  const auto& words = question.words;
  const bool dated = !question.effective.empty() || !question.recorded.empty();
  if ((words.size() != 4 && words.size() != 6) || dated)
    return Bad("after CODE [recorded AMOUNT] [effective AMOUNT]");
  const auto voucher = client_->GetVoucher(
      words[1], question.source.empty() ? SourceOfCode(worked_, words[1]) : question.source);
  if (absl::IsNotFound(voucher.status()))
    return {Answer::kOther, "there is no voucher of that code"};
  if (!voucher.ok()) return Refused(voucher.status());
  if (voucher->record().empty())
    return {Answer::kOther, "that voucher is nobody's: no account changed by it"};
  // It names its account: the receivable unless it is about the payable alone, in its own currency
  // unless the case asks for the other one of an exchange.
  const bool payable = voucher->has_payable() && voucher->receivable().minor() == 0;
  const bool other_unit = question.names_currency && voucher->has_exchanged() &&
                          voucher->exchanged().unit() == question.currency;
  const v1::Amount& recorded = payable      ? voucher->payable_balance_after()
                               : other_unit ? voucher->exchanged_balance_after()
                                            : voucher->balance_after();
  for (size_t i = 2; i + 1 < words.size(); i += 2) {
    int64_t minor = recorded.minor();
    if (words[i] == "effective" && !payable && !other_unit) {
      minor = voucher->effective_balance_after().minor();
    } else if (words[i] == "effective") {
      const auto after = client_->EffectiveBalanceAfter(
          *voucher, payable ? v1::CUSTOMER_ACCOUNT_PAYABLE : v1::CUSTOMER_ACCOUNT_RECEIVABLE,
          recorded.unit());
      if (!after.ok()) return Refused(after.status());
      minor = *after;
    } else if (words[i] != "recorded") {
      return Bad("after CODE [recorded AMOUNT] [effective AMOUNT]");
    }
    Answer answer = Compare(words[i + 1], minor, recorded.unit());
    if (answer.kind != Answer::kSame) {
      answer.text = words[i] + " " + answer.text;
      return answer;
    }
  }
  return {Answer::kSame, ""};
}

}  // namespace carnet::ledger_cases
