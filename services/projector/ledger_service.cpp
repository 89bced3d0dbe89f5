#include "projector/ledger_service.h"

#include "carnet/v1/ledger_service.grpc.pb.h"
#include "projector/moments.h"
#include "projector/reads.h"
#include "query/ledger.h"
#include "query/names.h"

namespace carnet::projector_service {
namespace {

using Base = v1::LedgerService::WithRawCallbackMethod_GetBalance<
    v1::LedgerService::WithRawCallbackMethod_ListVouchers<v1::LedgerService::Service>>;

class LedgerServiceImpl final : public Base {
 public:
  LedgerServiceImpl(Moments* moments, const vault::Opener* opener)
      : moments_(moments), ledger_(opener) {}

  grpc::ServerUnaryReactor* GetBalance(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    using Request = v1::GetBalanceRequest;
    using Response = v1::GetBalanceResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out,
        [](const Request& request) {
          return query::ParseMerchantOf(request.customer(), "customer");
        },
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          return ledger_.GetBalance(moment.view, request, response);
        });
  }

  grpc::ServerUnaryReactor* ListVouchers(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* in,
                                         grpc::ByteBuffer* out) override {
    using Request = v1::ListVouchersRequest;
    using Response = v1::ListVouchersResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out,
        [](const Request& request) { return query::ParseMerchantOf(request.parent(), "parent"); },
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          return ledger_.ListVouchers(moments_->WithGeneration(moment), request, response);
        });
  }

 private:
  Moments* const moments_;
  const query::Ledger ledger_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeLedgerService(Moments* moments, const vault::Opener* opener) {
  return std::make_unique<LedgerServiceImpl>(moments, opener);
}

}  // namespace carnet::projector_service
