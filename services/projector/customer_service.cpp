#include "projector/customer_service.h"

#include <utility>

#include "base/error.h"
#include "carnet/v1/customer_service.grpc.pb.h"
#include "domain/customers/record.h"
#include "projector/customer_export.h"
#include "projector/customer_import.h"
#include "projector/customer_writes.h"
#include "projector/moments.h"
#include "projector/reads.h"
#include "query/customers.h"
#include "query/names.h"
#include "query/search/search.h"
#include "runtime/bidi_stream.h"
#include "runtime/message_codec.h"
#include "runtime/server_stream.h"
#include "runtime/worker.h"

namespace carnet::projector_service {
namespace {

template <typename Service>
using Raw = v1::CustomerService::WithRawCallbackMethod_GetCustomer<
    v1::CustomerService::WithRawCallbackMethod_LookupCustomers<
        v1::CustomerService::WithRawCallbackMethod_ListCustomers<
            v1::CustomerService::WithRawCallbackMethod_SearchCustomers<
                v1::CustomerService::WithRawCallbackMethod_RankCustomers<
                    v1::CustomerService::WithRawCallbackMethod_ExplainCustomer<
                        v1::CustomerService::WithRawCallbackMethod_CreateCustomer<
                            v1::CustomerService::WithRawCallbackMethod_UpdateCustomer<
                                v1::CustomerService::WithRawCallbackMethod_RevertField<
                                    v1::CustomerService::WithRawCallbackMethod_DuplicateCustomer<
                                        v1::CustomerService::WithRawCallbackMethod_ArchiveCustomer<
                                            v1::CustomerService::
                                                WithRawCallbackMethod_RecordConsent<
                                                    Service>>>>>>>>>>>>;
template <typename Service>
using RawFiles = v1::CustomerService::WithRawCallbackMethod_ExportCustomers<
    v1::CustomerService::WithRawCallbackMethod_ImportCustomers<Service>>;
using Base = Raw<RawFiles<v1::CustomerService::Service>>;

using Reactor = grpc::ServerUnaryReactor*;
using Context = grpc::CallbackServerContext*;
using Buffer = grpc::ByteBuffer;

class CustomerServiceImpl final : public Base {
 public:
  explicit CustomerServiceImpl(CustomerServiceParts parts)
      : moments_(parts.moments),
        customers_(parts.opener, parts.lookup, std::move(parts.country_of)),
        search_(&customers_),
        writes_(parts.moments, &customers_, parts.publish),
        publish_(std::move(parts.publish)),
        preview_(std::move(parts.preview)) {}

  Reactor GetCustomer(Context context, const Buffer* in, Buffer* out) override {
    using Request = v1::GetCustomerRequest;
    using Response = v1::GetCustomerResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out,
        [](const Request& request) { return query::ParseMerchantOf(request.name(), "name"); },
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          return customers_.Get(moment.view, request, response);
        });
  }

  Reactor LookupCustomers(Context context, const Buffer* in, Buffer* out) override {
    using Request = v1::LookupCustomersRequest;
    using Response = v1::LookupCustomersResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out,
        [](const Request& request) { return query::CheckMerchant(request.merchant(), "merchant"); },
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          return customers_.Lookup(moment.view, request, response);
        });
  }

  Reactor ListCustomers(Context context, const Buffer* in, Buffer* out) override {
    using Request = v1::ListCustomersRequest;
    using Response = v1::ListCustomersResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out,
        [](const Request& request) { return query::CheckMerchant(request.merchant(), "merchant"); },
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          return customers_.List(moments_->WithGeneration(moment), request, response);
        });
  }

  Reactor ExplainCustomer(Context context, const Buffer* in, Buffer* out) override {
    using Request = v1::ExplainCustomerRequest;
    using Response = v1::ExplainCustomerResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out,
        [](const Request& request) { return query::ParseMerchantOf(request.name(), "name"); },
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          return customers_.Explain(moment.view, request, response);
        });
  }

  Reactor SearchCustomers(Context context, const Buffer* in, Buffer* out) override {
    return StartLong<v1::SearchCustomersRequest, v1::SearchCustomersResponse>(
        context, in, out,
        [this](const Moments::Moment& moment, const v1::SearchCustomersRequest& request) {
          return search_.IsSlow(*moment.snapshot, request.merchant());
        },
        [this](const Moments::Moment& moment, const v1::SearchCustomersRequest& request,
               v1::SearchCustomersResponse* response) {
          return search_.Search(moment.view, request, response);
        });
  }

  Reactor RankCustomers(Context context, const Buffer* in, Buffer* out) override {
    return StartLong<v1::RankCustomersRequest, v1::RankCustomersResponse>(
        context, in, out,
        [](const Moments::Moment&, const v1::RankCustomersRequest&) { return true; },
        [this](const Moments::Moment& moment, const v1::RankCustomersRequest& request,
               v1::RankCustomersResponse* response) {
          return search_.Rank(moment.view, request, response);
        });
  }

  Reactor CreateCustomer(Context context, const Buffer* in, Buffer* out) override {
    return StartWrite<v1::CreateCustomerRequest, v1::CreateCustomerResponse>(
        context, in, out, &CustomerWrites::Create);
  }
  Reactor UpdateCustomer(Context context, const Buffer* in, Buffer* out) override {
    return StartWrite<v1::UpdateCustomerRequest, v1::UpdateCustomerResponse>(
        context, in, out, &CustomerWrites::Update);
  }
  Reactor RevertField(Context context, const Buffer* in, Buffer* out) override {
    return StartWrite<v1::RevertFieldRequest, v1::RevertFieldResponse>(context, in, out,
                                                                       &CustomerWrites::Revert);
  }
  Reactor DuplicateCustomer(Context context, const Buffer* in, Buffer* out) override {
    return StartWrite<v1::DuplicateCustomerRequest, v1::DuplicateCustomerResponse>(
        context, in, out, &CustomerWrites::Duplicate);
  }
  Reactor ArchiveCustomer(Context context, const Buffer* in, Buffer* out) override {
    return StartWrite<v1::ArchiveCustomerRequest, v1::ArchiveCustomerResponse>(
        context, in, out, &CustomerWrites::Archive);
  }
  Reactor RecordConsent(Context context, const Buffer* in, Buffer* out) override {
    return StartWrite<v1::RecordConsentRequest, v1::RecordConsentResponse>(
        context, in, out, &CustomerWrites::Consent);
  }

  grpc::ServerWriteReactor<Buffer>* ExportCustomers(Context context, const Buffer* in) override {
    using Request = v1::ExportCustomersRequest;
    using Response = v1::ExportCustomersResponse;
    return runtime::StartServerStream<Request, Response>(
        moments_->guard(), context, in,
        [this](const Request& request, const runtime::CallInfo& call,
               std::shared_ptr<runtime::ServerStream<Response>> stream) {
          const auto merchant = query::CheckMerchant(request.merchant(), "merchant");
          if (!merchant.ok()) return stream->Finish(merchant.status());
          moments_->With(request, moments_->PartitionOf(*merchant), call.deadline(),
                         [this, &request, stream](const absl::StatusOr<Moments::Moment>& moment) {
                           if (!moment.ok()) return stream->Finish(moment.status());
                           StartExport(request, *moment, stream, &customers_, &search_, &slow_);
                         });
        });
  }

  grpc::ServerBidiReactor<Buffer, Buffer>* ImportCustomers(Context context) override {
    using Request = v1::ImportCustomersRequest;
    using Response = v1::ImportCustomersResponse;
    auto import = std::make_shared<CustomerImport>(moments_, &customers_, publish_, preview_);
    return runtime::StartBidiStream<Response>(
        moments_->guard(), context, runtime::BidiWindow{},
        [this, import](const Buffer& bytes, Response* response, const runtime::CallInfo& call,
                       runtime::Done done) {
          auto request = std::make_shared<Request>();
          if (absl::Status parsed = runtime::ParseMessage(bytes, request.get()); !parsed.ok())
            return done(std::move(parsed));
          // One thread takes them in order.
          slow_.Post([import, request, response, call, done] {
            import->Step(std::move(*request), response, call, done);
          });
        });
  }

 private:
  // A read that may take its time does so in a thread of its own.
  template <typename Request, typename Response, typename IsSlow, typename Read>
  Reactor StartLong(Context context, const Buffer* in, Buffer* out, IsSlow is_slow, Read read) {
    return runtime::StartUnary<Request, Response>(
        moments_->guard(), context, in, out,
        [&](const Request& request, Response* response, const runtime::CallInfo& call,
            runtime::Done done) {
          const auto merchant = query::CheckMerchant(request.merchant(), "merchant");
          if (!merchant.ok()) return done(merchant.status());
          moments_->With(request, moments_->PartitionOf(*merchant), call.deadline(),
                         [this, is_slow, read, &request, response,
                          done](const absl::StatusOr<Moments::Moment>& moment) {
                           if (!moment.ok()) return done(moment.status());
                           if (!is_slow(*moment, request))
                             return done(read(*moment, request, response));
                           slow_.Post([read, &request, response, done, at = *moment] {
                             done(read(at, request, response));
                           });
                         });
        });
  }

  template <typename Request, typename Response>
  Reactor StartWrite(Context context, const Buffer* in, Buffer* out,
                     void (CustomerWrites::*write)(const Request&, Response*,
                                                   const runtime::CallInfo&, runtime::Done)) {
    return runtime::StartUnary<Request, Response>(
        moments_->guard(), context, in, out,
        [this, write](const Request& request, Response* response, const runtime::CallInfo& call,
                      runtime::Done done) { (writes_.*write)(request, response, call, done); });
  }

  Moments* const moments_;
  const query::Customers customers_;
  query::CustomerSearch search_;
  CustomerWrites writes_;
  const PublishChanges publish_;
  const PreviewChanges preview_;
  runtime::Worker slow_;  // last: ends first
};

}  // namespace

std::unique_ptr<grpc::Service> MakeCustomerService(CustomerServiceParts parts) {
  return std::make_unique<CustomerServiceImpl>(std::move(parts));
}

}  // namespace carnet::projector_service
