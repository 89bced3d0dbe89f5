// The API as a case needs it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/channel.h>

#include "carnet/v1/change.pb.h"
#include "carnet/v1/ledger_service.grpc.pb.h"
#include "carnet/v1/token.pb.h"

namespace carnet::ledger_cases {

// What became of a step.
struct StepOutcome {
  std::string status;              // "APPLIED"
  std::vector<std::string> names;  // reason and flags
  std::string code;                // of the voucher it posted; "-": none
  std::string detail;
  bool refused_at_gateway = false;  // for its form: nothing was appended
};

// One merchant's. Reads see what was published. A call that fails for another reason than what it
// asks ends the process.
class Client {
 public:
  Client(const std::shared_ptr<grpc::Channel>& channel, std::string merchant);

  const std::string& merchant() const { return merchant_; }
  std::string parent() const { return "merchants/" + merchant_; }

  StepOutcome Publish(v1::Change change);

  // A customer of that name, known to the back office: customers/{id}.
  std::string MakeCustomer(const std::string& name, int32_t day);

  v1::GetBalanceResponse GetBalance(v1::GetBalanceRequest request);
  v1::GetAccountSumsResponse GetAccountSums(v1::GetAccountSumsRequest request);
  v1::GetTrialBalanceResponse GetTrialBalance(v1::GetTrialBalanceRequest request);
  // Of a source's code, or else of a generated one; without a name: there is none.
  v1::Voucher GetVoucher(const std::string& code, const std::string& source);
  // "": the books agree with themselves; else what does not.
  std::string VerifyBooks();

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::string merchant_;
  const std::unique_ptr<v1::LedgerService::Stub> ledger_;
  v1::Token token_;
};

}  // namespace carnet::ledger_cases
