#include "projector/order_service.h"

#include "carnet/v1/order_service.grpc.pb.h"
#include "projector/moments.h"
#include "projector/reads.h"
#include "query/names.h"
#include "query/orders.h"

namespace carnet::projector_service {
namespace {

using Base = v1::OrderService::WithRawCallbackMethod_GetOrder<
    v1::OrderService::WithRawCallbackMethod_ListOrders<v1::OrderService::Service>>;

class OrderServiceImpl final : public Base {
 public:
  explicit OrderServiceImpl(Moments* moments) : moments_(moments) {}

  grpc::ServerUnaryReactor* GetOrder(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    using Request = v1::GetOrderRequest;
    using Response = v1::GetOrderResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out,
        [](const Request& request) { return query::ParseMerchantOf(request.name(), "name"); },
        [](const Moments::Moment& moment, const Request& request, Response* response) {
          return query::GetOrder(moment.view, request, response);
        });
  }

  grpc::ServerUnaryReactor* ListOrders(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    using Request = v1::ListOrdersRequest;
    using Response = v1::ListOrdersResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out,
        [](const Request& request) { return query::ParseMerchantOf(request.parent(), "parent"); },
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          return query::ListOrders(moments_->WithGeneration(moment), request, response);
        });
  }

 private:
  Moments* const moments_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeOrderService(Moments* moments) {
  return std::make_unique<OrderServiceImpl>(moments);
}

}  // namespace carnet::projector_service
