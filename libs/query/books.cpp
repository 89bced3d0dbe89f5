#include "query/books.h"

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "base/civil_date.h"
#include "base/error.h"
#include "base/money.h"
#include "domain/ledger/posting_table.h"
#include "query/names.h"
#include "query/own_sums.h"
#include "query/reasons.h"
#include "query/vouchers.h"

namespace carnet::query {
namespace {

using carnet::log::v1::LedgerAccount;

constexpr size_t kMostSums = 100'000;

absl::Status TooLarge(std::string_view what) {
  return Error(absl::StatusCode::kOutOfRange, reason::kOverflow,
               std::string(what) + " is beyond 64 bits");
}

absl::StatusOr<std::set<LedgerAccount>> ParseAccounts(
    const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::set<LedgerAccount> accounts;
  for (const std::string& name : names) {
    const LedgerAccount account = domain::AccountOfName(name);
    if (account == carnet::log::v1::LEDGER_ACCOUNT_UNSPECIFIED ||
        domain::IsCustomerAccount(account)) {
      return Error(absl::StatusCode::kInvalidArgument, reason::kAccountUnknown,
                   "the merchant has no account \"" + name +
                       "\": take one of a trial balance, such as cash or sales",
                   "accounts");
    }
    accounts.insert(account);
  }
  return accounts;
}

std::string FormatPeriod(carnet::v1::SumPeriod period, int32_t number) {
  switch (period) {
    case carnet::v1::SUM_PERIOD_ALL:
      return {};
    case carnet::v1::SUM_PERIOD_MONTH:
      return FormatCivilMonth(number);
    default:
      return FormatCivilDay(number);
  }
}

int32_t NumberOf(carnet::v1::SumPeriod period, int32_t day) {
  switch (period) {
    case carnet::v1::SUM_PERIOD_ALL:
      return 0;
    case carnet::v1::SUM_PERIOD_MONTH:
      return CivilMonthOf(day);
    default:
      return day;
  }
}

// Debits and credits are not negative, and only their sum over sources can be too large.
bool Add(int64_t debits, int64_t credits, OwnSum* sum) {
  const auto new_debits = CheckedAdd(sum->debits, debits);
  const auto new_credits = CheckedAdd(sum->credits, credits);
  if (!new_debits || !new_credits) return false;
  *sum = {*new_debits, *new_credits};
  return true;
}

// The lines of one unit, of all sources together, and all customers' receivables beside them.
absl::Status AddLines(const std::string& unit, const std::map<LedgerAccount, OwnSum>& sums,
                      carnet::v1::GetTrialBalanceResponse* response) {
  __int128 rest = 0;
  for (const auto& [account, sum] : sums) rest += __int128{sum.debits} - sum.credits;
  const auto receivable = static_cast<int64_t>(-rest);
  if (receivable != -rest) return TooLarge("the sum of all receivables");
  const auto add = [&](LedgerAccount account, int64_t balance) {
    auto* line = response->add_lines();
    line->set_account(std::string(domain::AccountName(account)));
    line->set_control(domain::IsCustomerAccount(account));
    SetAmount(unit, balance, line->mutable_balance());
    return line;
  };
  add(carnet::log::v1::LEDGER_ACCOUNT_RECEIVABLE, receivable);
  for (const auto& [account, sum] : sums) {
    auto* line = add(account, sum.debits - sum.credits);
    SetAmount(unit, sum.debits, line->mutable_debits());
    SetAmount(unit, sum.credits, line->mutable_credits());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckUnit(std::string_view unit) {
  if (unit.empty() || unit == "COINS" || CurrencyExponent(unit)) return absl::OkStatus();
  return Error(absl::StatusCode::kInvalidArgument, reason::kUnknownCurrency,
               "unit must be an ISO 4217 code in capitals (EUR, VND), or empty for all", "unit");
}

absl::StatusOr<int64_t> ReceivableOf(const domain::Reader& reader, std::string_view merchant,
                                     std::string_view unit, const Window& window) {
  __int128 rest = 0;
  ForEachOwnAccount(reader, merchant, [&](const OwnAccount& account) {
    if (account.unit != unit) return;
    const OwnSum sum = SumWithin(reader, account, window);
    rest += __int128{sum.debits} - sum.credits;
  });
  const auto receivable = static_cast<int64_t>(-rest);
  if (receivable != -rest) return TooLarge("the sum of all receivables");
  return receivable;
}

absl::Status GetAccountSums(const View& view, const carnet::v1::GetAccountSumsRequest& request,
                            carnet::v1::GetAccountSumsResponse* response) {
  const auto merchant = ParseMerchantOf(request.parent(), "parent");
  if (!merchant.ok()) return merchant.status();
  if (absl::Status status = CheckUnit(request.unit()); !status.ok()) return status;
  const auto accounts = ParseAccounts(request.accounts());
  if (!accounts.ok()) return accounts.status();
  const auto window = ParseWindow(request.effective_from(), "effective_from",
                                  request.effective_to(), "effective_to", request.recorded_date());
  if (!window.ok()) return window.status();

  // In the order of the answer.
  std::map<std::tuple<int32_t, LedgerAccount, std::string, std::string>, OwnSum> sums;
  bool fits = true;
  ForEachOwnAccount(*view.snapshot, *merchant, [&](const OwnAccount& account) {
    const bool wanted = accounts->empty() ? domain::IsMoneyAccount(account.account)
                                          : accounts->contains(account.account);
    if (!wanted || (!request.unit().empty() && account.unit != request.unit()) ||
        (!request.source().empty() && account.source != request.source()) ||
        sums.size() > kMostSums) {
      return;
    }
    const std::string unit(account.unit);
    const std::string source(request.by_source() ? account.source : std::string_view());
    ForEachDay(
        *view.snapshot, account, window->recorded,
        [&](int32_t day, int64_t debits, int64_t credits) {
          if (!window->Contains(day)) return;
          OwnSum& sum = sums[{NumberOf(request.period(), day), account.account, unit, source}];
          fits = fits && Add(debits, credits, &sum);
        });
  });
  if (!fits) return TooLarge("a sum over all sources");
  if (sums.size() > kMostSums) {
    return Error(absl::StatusCode::kOutOfRange, reason::kTooManySums,
                 "there are more than 100,000 sums: ask for a shorter time, or by month");
  }
  for (const auto& [key, sum] : sums) {
    const auto& [number, account, unit, source] = key;
    auto* shown = response->add_sums();
    shown->set_period(FormatPeriod(request.period(), number));
    shown->set_account(std::string(domain::AccountName(account)));
    shown->set_source(source);
    SetAmount(unit, sum.debits, shown->mutable_debits());
    SetAmount(unit, sum.credits, shown->mutable_credits());
    SetAmount(unit, sum.debits - sum.credits, shown->mutable_net());
  }
  SetPosition(view, response->mutable_position());
  return absl::OkStatus();
}

absl::Status GetTrialBalance(const View& view, const carnet::v1::GetTrialBalanceRequest& request,
                             carnet::v1::GetTrialBalanceResponse* response) {
  const auto merchant = ParseMerchantOf(request.parent(), "parent");
  if (!merchant.ok()) return merchant.status();
  if (absl::Status status = CheckUnit(request.unit()); !status.ok()) return status;
  const auto window =
      ParseWindow({}, {}, request.effective_date(), "effective_date", request.recorded_date());
  if (!window.ok()) return window.status();

  std::map<std::string, std::map<LedgerAccount, OwnSum>> units;
  bool fits = true;
  ForEachOwnAccount(*view.snapshot, *merchant, [&](const OwnAccount& account) {
    if (!request.unit().empty() && account.unit != request.unit()) return;
    const OwnSum sum = SumWithin(*view.snapshot, account, *window);
    fits = fits && Add(sum.debits, sum.credits, &units[std::string(account.unit)][account.account]);
  });
  if (!fits) return TooLarge("a sum over all sources");
  for (const auto& [unit, sums] : units) {
    if (absl::Status status = AddLines(unit, sums, response); !status.ok()) return status;
  }
  SetPosition(view, response->mutable_position());
  return absl::OkStatus();
}

}  // namespace carnet::query
