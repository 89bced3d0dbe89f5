#include "tests/acceptance/ledger/client.h"

#include <chrono>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include <grpcpp/client_context.h>

#include "base/civil_date.h"
#include "base/error.h"
#include "base/fatal.h"
#include "base/uuid.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "runtime/grpc_status.h"

namespace carnet::ledger_cases {
namespace {

constexpr auto kPatience = std::chrono::seconds(60);

template <typename Stub, typename Request, typename Response>
absl::Status Call(Stub* stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  return runtime::FromGrpcStatus((stub->*method)(&context, request, response));
}

template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Ask(Stub* stub,
                             grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                          Response*),
                             const Request& request) {
  Response response;
  if (const absl::Status status = Call(stub, method, request, &response); !status.ok())
    return status;
  return response;
}

void Must(const absl::Status& status) {
  if (!status.ok()) Fatal(std::string(status.message()));
}

}  // namespace

Client::Client(const std::shared_ptr<grpc::Channel>& channel, std::string merchant)
    : channel_(channel),
      merchant_(std::move(merchant)),
      ledger_(v1::LedgerService::NewStub(channel)) {}

StepOutcome Client::Publish(v1::Change change) {
  change.set_merchant(merchant_);
  v1::PublishRequest request;
  *request.mutable_change() = std::move(change);
  request.set_wait(true);
  v1::ChangeService::Stub changes(channel_);
  v1::PublishResponse response;
  const absl::Status status = Call(&changes, &v1::ChangeService::Stub::Publish, request, &response);
  StepOutcome step;
  step.code = "-";
  if (status.code() == absl::StatusCode::kInvalidArgument) {
    step.status = "DEAD_LETTER";
    step.names = {ReasonOf(status)};
    step.detail = std::string(status.message());
    step.refused_at_gateway = true;
    return step;
  }
  if (!status.ok()) {
    step.status = "ERROR";
    step.detail = std::string(status.message());
    return step;
  }
  token_ = response.token();
  const v1::Outcome& outcome = response.outcome();
  step.status = v1::OutcomeStatus_Name(outcome.status()).substr(sizeof "OUTCOME_STATUS_" - 1);
  if (!outcome.reason().empty()) step.names.push_back(outcome.reason());
  step.names.insert(step.names.end(), outcome.flags().begin(), outcome.flags().end());
  if (!outcome.voucher_code().empty()) step.code = outcome.voucher_code();
  step.detail = outcome.detail();
  return step;
}

std::string Client::MakeCustomer(const std::string& name, int32_t day) {
  v1::Change change;
  change.set_id(Uuid::FromFields({merchant_, "customer", name}).ToString());
  change.set_channel("back-office");
  change.set_source("desk");
  change.set_external_id(name);
  change.set_intent(v1::INTENT_FACT);
  change.set_effective_date(FormatCivilDay(day));
  change.mutable_body()
      ->mutable_contact_observed()
      ->mutable_contact()
      ->mutable_name()
      ->mutable_full()
      ->set_plain(name);
  change.set_merchant(merchant_);
  v1::PublishRequest request;
  *request.mutable_change() = std::move(change);
  request.set_wait(true);
  v1::ChangeService::Stub changes(channel_);
  v1::PublishResponse response;
  const absl::Status status = Call(&changes, &v1::ChangeService::Stub::Publish, request, &response);
  Must(status);
  token_ = response.token();
  return response.outcome().record();
}

absl::StatusOr<v1::GetBalanceResponse> Client::GetBalance(v1::GetBalanceRequest request) {
  SeeAll(&request);
  return Ask(ledger_.get(), &v1::LedgerService::Stub::GetBalance, request);
}

absl::StatusOr<v1::GetAccountSumsResponse> Client::GetAccountSums(
    v1::GetAccountSumsRequest request) {
  request.set_parent(parent());
  SeeAll(&request);
  return Ask(ledger_.get(), &v1::LedgerService::Stub::GetAccountSums, request);
}

absl::StatusOr<v1::GetTrialBalanceResponse> Client::GetTrialBalance(
    v1::GetTrialBalanceRequest request) {
  request.set_parent(parent());
  SeeAll(&request);
  return Ask(ledger_.get(), &v1::LedgerService::Stub::GetTrialBalance, request);
}

absl::StatusOr<v1::Voucher> Client::GetVoucher(const std::string& code, const std::string& source) {
  absl::Status status;
  for (const std::string& of : {source, std::string()}) {
    v1::GetVoucherRequest request;
    request.set_name(parent());
    request.set_code(code);
    request.set_source(of);
    SeeAll(&request);
    const auto response = Ask(ledger_.get(), &v1::LedgerService::Stub::GetVoucher, request);
    if (response.ok()) return response->voucher();
    status = response.status();
    if (status.code() != absl::StatusCode::kNotFound) break;
  }
  return status;
}

absl::StatusOr<int64_t> Client::EffectiveBalanceAfter(const v1::Voucher& voucher,
                                                      v1::CustomerAccount account,
                                                      const std::string& unit) {
  v1::GetStatementRequest request;
  request.set_customer(parent() + "/" + voucher.record());
  request.set_unit(unit);
  request.set_account(account);
  request.set_effective_to(voucher.effective_date());
  request.set_own_record_only(true);
  SeeAll(&request);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  const auto stream = ledger_->GetStatement(&context, request);
  std::optional<int64_t> after;
  v1::GetStatementResponse piece;
  while (stream->Read(&piece)) {
    for (const auto& line : piece.lines()) {
      if (line.voucher() == voucher.name()) after = line.balance_minor();
    }
  }
  const absl::Status status = runtime::FromGrpcStatus(stream->Finish());
  if (!status.ok()) return status;
  if (!after) return absl::NotFoundError("the statement does not have that voucher");
  return *after;
}

std::string Client::VerifyBooks() {
  v1::VerifyBooksRequest request;
  request.set_parent(parent());
  SeeAll(&request);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  const auto stream = ledger_->VerifyBooks(&context, request);
  std::string wrong;
  v1::VerifyBooksResponse response;
  while (stream->Read(&response)) {
    for (const auto& finding : response.findings()) {
      absl::StrAppend(&wrong, wrong.empty() ? "" : "; ", finding.subject(), ": ", finding.detail());
    }
  }
  const absl::Status status = runtime::FromGrpcStatus(stream->Finish());
  return status.ok() ? wrong : std::string(status.message());
}

}  // namespace carnet::ledger_cases
