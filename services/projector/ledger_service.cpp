#include "projector/ledger_service.h"

#include "carnet/v1/ledger_service.grpc.pb.h"
#include "projector/moments.h"
#include "projector/pull_stream.h"
#include "projector/reads.h"
#include "query/books.h"
#include "query/explain_figure.h"
#include "query/ledger.h"
#include "query/names.h"
#include "query/statement.h"
#include "query/verify.h"

namespace carnet::projector_service {
namespace {

using Service = v1::LedgerService::Service;
using Unary = v1::LedgerService::WithRawCallbackMethod_GetBalance<
    v1::LedgerService::WithRawCallbackMethod_GetVoucher<
        v1::LedgerService::WithRawCallbackMethod_ListVouchers<
            v1::LedgerService::WithRawCallbackMethod_GetAccountSums<
                v1::LedgerService::WithRawCallbackMethod_GetTrialBalance<
                    v1::LedgerService::WithRawCallbackMethod_ExplainFigure<Service>>>>>>;
using Base = v1::LedgerService::WithRawCallbackMethod_GetStatement<
    v1::LedgerService::WithRawCallbackMethod_VerifyBooks<Unary>>;

using Context = grpc::CallbackServerContext;
using Bytes = grpc::ByteBuffer;

// What decides the partition: a name that begins with the merchant's.
constexpr auto kParent = [](const auto& request) {
  return query::ParseMerchantOf(request.parent(), "parent");
};
constexpr auto kCustomer = [](const auto& request) {
  return query::ParseMerchantOf(request.customer(), "customer");
};
constexpr auto kName = [](const auto& request) {
  return query::ParseMerchantOf(request.name(), "name");
};

class LedgerServiceImpl final : public Base {
 public:
  LedgerServiceImpl(Moments* moments, const vault::Opener* opener)
      : moments_(moments), opener_(opener), ledger_(opener) {}

  grpc::ServerUnaryReactor* GetBalance(Context* context, const Bytes* in, Bytes* out) override {
    using Request = v1::GetBalanceRequest;
    using Response = v1::GetBalanceResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out, kCustomer,
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          return ledger_.GetBalance(moment.view, request, response);
        });
  }

  grpc::ServerUnaryReactor* GetVoucher(Context* context, const Bytes* in, Bytes* out) override {
    using Request = v1::GetVoucherRequest;
    using Response = v1::GetVoucherResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out, kName,
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          return ledger_.GetVoucher(moment.view, request, response);
        });
  }

  grpc::ServerUnaryReactor* ListVouchers(Context* context, const Bytes* in, Bytes* out) override {
    using Request = v1::ListVouchersRequest;
    using Response = v1::ListVouchersResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out, kParent,
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          return ledger_.ListVouchers(moments_->WithGeneration(moment), request, response);
        });
  }

  grpc::ServerUnaryReactor* GetAccountSums(Context* context, const Bytes* in, Bytes* out) override {
    using Request = v1::GetAccountSumsRequest;
    using Response = v1::GetAccountSumsResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out, kParent,
        [](const Moments::Moment& moment, const Request& request, Response* response) {
          return query::GetAccountSums(moment.view, request, response);
        });
  }

  grpc::ServerUnaryReactor* GetTrialBalance(Context* context, const Bytes* in,
                                            Bytes* out) override {
    using Request = v1::GetTrialBalanceRequest;
    using Response = v1::GetTrialBalanceResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out, kParent,
        [](const Moments::Moment& moment, const Request& request, Response* response) {
          return query::GetTrialBalance(moment.view, request, response);
        });
  }

  grpc::ServerUnaryReactor* ExplainFigure(Context* context, const Bytes* in, Bytes* out) override {
    using Request = v1::ExplainFigureRequest;
    using Response = v1::ExplainFigureResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out, kParent,
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          return query::ExplainFigure(moments_->WithGeneration(moment), *opener_, request,
                                      response);
        });
  }

  grpc::ServerWriteReactor<Bytes>* GetStatement(Context* context, const Bytes* in) override {
    return StartPull<v1::GetStatementRequest, v1::GetStatementResponse, query::Statement>(
        moments_, context, in, kCustomer, query::Statement::Begin);
  }

  grpc::ServerWriteReactor<Bytes>* VerifyBooks(Context* context, const Bytes* in) override {
    return StartPull<v1::VerifyBooksRequest, v1::VerifyBooksResponse, query::Verification>(
        moments_, context, in, kParent, query::Verification::Begin);
  }

 private:
  Moments* const moments_;
  const vault::Opener* const opener_;
  const query::Ledger ledger_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeLedgerService(Moments* moments, const vault::Opener* opener) {
  return std::make_unique<LedgerServiceImpl>(moments, opener);
}

}  // namespace carnet::projector_service
