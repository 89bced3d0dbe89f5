#include "tests/acceptance/ledger/client.h"

#include <chrono>
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
  if (!status.ok()) Fatal(std::string(status.message()));
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

v1::GetBalanceResponse Client::GetBalance(v1::GetBalanceRequest request) {
  *request.mutable_min_position() = token_;
  v1::GetBalanceResponse response;
  Must(Call(ledger_.get(), &v1::LedgerService::Stub::GetBalance, request, &response));
  return response;
}

v1::GetAccountSumsResponse Client::GetAccountSums(v1::GetAccountSumsRequest request) {
  request.set_parent(parent());
  *request.mutable_min_position() = token_;
  v1::GetAccountSumsResponse response;
  Must(Call(ledger_.get(), &v1::LedgerService::Stub::GetAccountSums, request, &response));
  return response;
}

v1::GetTrialBalanceResponse Client::GetTrialBalance(v1::GetTrialBalanceRequest request) {
  request.set_parent(parent());
  *request.mutable_min_position() = token_;
  v1::GetTrialBalanceResponse response;
  Must(Call(ledger_.get(), &v1::LedgerService::Stub::GetTrialBalance, request, &response));
  return response;
}

v1::Voucher Client::GetVoucher(const std::string& code, const std::string& source) {
  v1::GetVoucherResponse response;
  for (const std::string& of : {source, std::string()}) {
    v1::GetVoucherRequest request;
    request.set_name(parent());
    request.set_code(code);
    request.set_source(of);
    *request.mutable_min_position() = token_;
    response.Clear();
    const absl::Status status =
        Call(ledger_.get(), &v1::LedgerService::Stub::GetVoucher, request, &response);
    if (status.ok()) return response.voucher();
    if (status.code() != absl::StatusCode::kNotFound) Fatal(std::string(status.message()));
  }
  return {};
}

std::string Client::VerifyBooks() {
  v1::VerifyBooksRequest request;
  request.set_parent(parent());
  *request.mutable_min_position() = token_;
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
