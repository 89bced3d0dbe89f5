#include <map>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include <grpcpp/client_context.h>

#include "base/money.h"
#include "carnet/v1/ledger_service.grpc.pb.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/words.h"
#include "runtime/grpc_status.h"

namespace carnet::cli {
namespace {

// Adds up a column, unit by unit.
class Total {
 public:
  void Add(const v1::Amount& amount) {
    std::optional<int64_t>& sum = sums_.try_emplace(amount.unit(), 0).first->second;
    if (sum) sum = CheckedAdd(*sum, amount.minor());
  }
  // Empty where there is none, or 64 bits do not hold it.
  std::string Text(const std::string& unit) const {
    const auto sum = sums_.find(unit);
    if (sum == sums_.end() || !sum->second) return {};
    const int exponent = CurrencyExponent(unit).value_or(0);
    return absl::StrCat(FormatDecimal(*sum->second, exponent), " ", unit);
  }
  const std::map<std::string, std::optional<int64_t>>& sums() const { return sums_; }

 private:
  std::map<std::string, std::optional<int64_t>> sums_;
};

}  // namespace

absl::StatusOr<ExitCode> Run(const Session& session, const ShowSums& command) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::GetAccountSumsRequest request;
  request.set_parent(absl::StrCat("merchants/", *merchant));
  for (const std::string& account : command.accounts) request.add_accounts(account);
  request.set_effective_from(command.from);
  request.set_effective_to(command.to);
  request.set_recorded_date(command.known);
  request.set_period(command.period == "month" ? v1::SUM_PERIOD_MONTH
                     : command.period == "all" ? v1::SUM_PERIOD_ALL
                                               : v1::SUM_PERIOD_DAY);
  request.set_unit(command.unit);
  request.set_source(command.source);
  request.set_by_source(command.by_source);
  const auto response = Call(session, &v1::LedgerService::Stub::GetAccountSums, request);
  if (!response.ok()) return response.status();
  Table table({{"PERIOD"},
               {"ACCOUNT"},
               {"SOURCE"},
               {"IN", Align::kRight},
               {"OUT", Align::kRight},
               {"NET", Align::kRight}});
  Total in;
  Total out;
  Total net;
  for (const v1::AccountSum& sum : response->sums()) {
    if (session.json()) {
      session.Print(ToJson(sum) + "\n");
    } else {
      table.Add({sum.period(), sum.account(), sum.source(), AmountText(sum.debits()),
                 AmountText(sum.credits()), AmountText(sum.net())});
      in.Add(sum.debits());
      out.Add(sum.credits());
      net.Add(sum.net());
    }
  }
  if (session.json()) return ExitCode::kDone;
  for (const auto& [unit, sum] : net.sums())
    table.Add({"total", "", "", in.Text(unit), out.Text(unit), net.Text(unit)});
  session.Print(table.empty() ? "Nothing.\n" : table.Render());
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const ShowTrialBalance& command) {
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::GetTrialBalanceRequest request;
  request.set_parent(absl::StrCat("merchants/", *merchant));
  request.set_effective_date(command.as_of);
  request.set_recorded_date(command.known);
  request.set_unit(command.unit);
  const auto response = Call(session, &v1::LedgerService::Stub::GetTrialBalance, request);
  if (!response.ok()) return response.status();
  Table table({{"ACCOUNT"},
               {"DEBITS", Align::kRight},
               {"CREDITS", Align::kRight},
               {"BALANCE", Align::kRight},
               {""}});
  Total total;
  std::string unit;  // of the lines above
  const auto add_total = [&] {
    if (!unit.empty()) table.Add({"total", "", "", total.Text(unit), ""});
  };
  for (const v1::TrialBalanceLine& line : response->lines()) {
    if (session.json()) {
      session.Print(ToJson(line) + "\n");
      continue;
    }
    if (line.balance().unit() != unit) add_total();
    unit = line.balance().unit();
    table.Add({line.account(), AmountText(line.debits()), AmountText(line.credits()),
               AmountText(line.balance()), line.control() ? "all customers" : ""});
    total.Add(line.balance());
  }
  if (session.json()) return ExitCode::kDone;
  add_total();
  session.Print(table.empty() ? "No voucher yet.\n" : table.Render());
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Run(const Session& session, const VerifyBooks& /*command*/) {
  Interrupt interrupt;
  const auto merchant = session.Merchant();
  if (!merchant.ok()) return merchant.status();
  v1::VerifyBooksRequest request;
  request.set_parent(absl::StrCat("merchants/", *merchant));
  SetMinPosition(session, &request);
  grpc::ClientContext context;  // no deadline: it takes as long as the books are large
  session.AddCredentials(&context);
  interrupt.Watch([&] { context.TryCancel(); });
  v1::LedgerService::Stub stub(session.channel());
  const auto stream = stub.VerifyBooks(&context, request);
  v1::VerifyBooksResponse response;
  v1::BookSummary summary;
  while (stream->Read(&response)) {
    for (const v1::BookFinding& finding : response.findings()) {
      session.Print(session.json()
                        ? ToJson(finding) + "\n"
                        : absl::StrCat(finding.subject().empty() ? "the books" : finding.subject(),
                                       ": ", finding.detail(), "\n"));
    }
    if (response.has_summary()) summary = response.summary();
  }
  const absl::Status status = runtime::FromGrpcStatus(stream->Finish());
  if (!status.ok()) return status;
  session.Print(session.json()
                    ? ToJson(summary) + "\n"
                    : absl::StrCat(Count(summary.vouchers(), "voucher"), ", ",
                                   Count(summary.records(), "customer account"), ", ",
                                   Count(summary.own_accounts(), "own account"), ": ",
                                   summary.findings() == 0
                                       ? "all books agree"
                                       : absl::StrCat(Count(summary.findings(), "finding")),
                                   "\n"));
  return summary.findings() == 0 ? ExitCode::kDone : ExitCode::kRefused;
}

}  // namespace carnet::cli
