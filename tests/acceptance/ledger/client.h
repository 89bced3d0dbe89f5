// The API as a case needs it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include <grpcpp/channel.h>

#include "carnet/v1/change.pb.h"
#include "carnet/v1/ledger_service.grpc.pb.h"
#include "carnet/v1/token.pb.h"

namespace carnet::ledger_cases {

// What became of a step.
struct StepOutcome {
  std::string status;              // "APPLIED"; "ERROR" where the call went wrong
  std::vector<std::string> names;  // reason and flags
  std::string code;                // of the voucher it posted; "-": none
  std::string detail;
  bool refused_at_gateway = false;  // for its form: nothing was appended
};

// One merchant's. Reads see what was published; a call that is refused gives the error.
class Client {
 public:
  Client(const std::shared_ptr<grpc::Channel>& channel, std::string merchant);

  const std::string& merchant() const { return merchant_; }
  std::string parent() const { return "merchants/" + merchant_; }

  StepOutcome Publish(v1::Change change);

  // A customer of that name, known to the back office: customers/{id}. Ends the process where that
  // can't be done.
  std::string MakeCustomer(const std::string& name, int32_t day);

  absl::StatusOr<v1::GetBalanceResponse> GetBalance(v1::GetBalanceRequest request);
  absl::StatusOr<v1::GetAccountSumsResponse> GetAccountSums(v1::GetAccountSumsRequest request);
  absl::StatusOr<v1::GetTrialBalanceResponse> GetTrialBalance(v1::GetTrialBalanceRequest request);
  // Of a source's code, or else of a generated one. NOT_FOUND: there is none.
  absl::StatusOr<v1::Voucher> GetVoucher(const std::string& code, const std::string& source);
  // What a record's account is after a voucher by the order of effective dates, in minor units.
  absl::StatusOr<int64_t> EffectiveBalanceAfter(const v1::Voucher& voucher,
                                                v1::CustomerAccount account,
                                                const std::string& unit);
  // "": the books agree with themselves; else what does not.
  std::string VerifyBooks();

 private:
  // Lets a read see all that was published.
  template <typename Request>
  void SeeAll(Request* request) const {
    if (token_) *request->mutable_min_position() = *token_;
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::string merchant_;
  const std::unique_ptr<v1::LedgerService::Stub> ledger_;
  std::optional<v1::Token> token_;
};

}  // namespace carnet::ledger_cases
