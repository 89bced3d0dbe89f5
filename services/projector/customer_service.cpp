#include "projector/customer_service.h"

#include "carnet/v1/customer_service.grpc.pb.h"
#include "projector/moments.h"
#include "projector/reads.h"
#include "query/customers.h"
#include "query/names.h"

namespace carnet::projector_service {
namespace {

using Base = v1::CustomerService::WithRawCallbackMethod_GetCustomer<
    v1::CustomerService::WithRawCallbackMethod_LookupCustomers<
        v1::CustomerService::WithRawCallbackMethod_ListCustomers<v1::CustomerService::Service>>>;

class CustomerServiceImpl final : public Base {
 public:
  CustomerServiceImpl(Moments* moments, const vault::Opener* opener, const vault::Lookup* lookup)
      : moments_(moments), customers_(opener, lookup) {}

  grpc::ServerUnaryReactor* GetCustomer(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* in,
                                        grpc::ByteBuffer* out) override {
    using Request = v1::GetCustomerRequest;
    using Response = v1::GetCustomerResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out,
        [](const Request& request) { return query::ParseMerchantOf(request.name(), "name"); },
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          return customers_.Get(moment.view, request, response);
        });
  }

  grpc::ServerUnaryReactor* LookupCustomers(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* in,
                                            grpc::ByteBuffer* out) override {
    using Request = v1::LookupCustomersRequest;
    using Response = v1::LookupCustomersResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out,
        [](const Request& request) { return query::CheckMerchant(request.merchant(), "merchant"); },
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          return customers_.Lookup(moment.view, request, response);
        });
  }

  grpc::ServerUnaryReactor* ListCustomers(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* in,
                                          grpc::ByteBuffer* out) override {
    using Request = v1::ListCustomersRequest;
    using Response = v1::ListCustomersResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out,
        [](const Request& request) { return query::CheckMerchant(request.merchant(), "merchant"); },
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          return customers_.List(moments_->WithGeneration(moment), request, response);
        });
  }

 private:
  Moments* const moments_;
  const query::Customers customers_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeCustomerService(Moments* moments, const vault::Opener* opener,
                                                   const vault::Lookup* lookup) {
  return std::make_unique<CustomerServiceImpl>(moments, opener, lookup);
}

}  // namespace carnet::projector_service
