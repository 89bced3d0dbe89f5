#include <string>

#include "absl/strings/str_cat.h"
#include <grpcpp/client_context.h>

#include "carnet/v1/ledger_service.grpc.pb.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/words.h"
#include "runtime/grpc_status.h"

namespace carnet::cli {

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
  for (const v1::AccountSum& sum : response->sums()) {
    if (session.json()) {
      session.Print(ToJson(sum) + "\n");
    } else {
      table.Add({sum.period(), sum.account(), sum.source(), AmountText(sum.debits()),
                 AmountText(sum.credits()), AmountText(sum.net())});
    }
  }
  if (session.json()) return ExitCode::kDone;
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
  for (const v1::TrialBalanceLine& line : response->lines()) {
    if (session.json()) {
      session.Print(ToJson(line) + "\n");
    } else {
      table.Add({line.account(), AmountText(line.debits()), AmountText(line.credits()),
                 AmountText(line.balance()), line.control() ? "all customers" : ""});
    }
  }
  if (session.json()) return ExitCode::kDone;
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
