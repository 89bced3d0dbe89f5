#include "projector/identity_service.h"

#include <string>
#include <utility>

#include "base/error.h"
#include "carnet/v1/identity_service.grpc.pb.h"
#include "domain/customers/record.h"
#include "projector/moments.h"
#include "projector/reads.h"
#include "query/customers.h"
#include "query/identity.h"
#include "query/members.h"
#include "query/names.h"
#include "query/reasons.h"
#include "query/view.h"
#include "runtime/worker.h"

namespace carnet::projector_service {
namespace {

using Service = v1::IdentityService;
using Base = Service::WithRawCallbackMethod_ListSuggestions<
    Service::WithRawCallbackMethod_ExplainLinks<Service::WithRawCallbackMethod_PreviewLink<
        Service::WithRawCallbackMethod_PreviewUnlink<Service::WithRawCallbackMethod_LinkCustomer<
            Service::WithRawCallbackMethod_UnlinkCustomer<
                Service::WithRawCallbackMethod_DistinguishCustomer<
                    Service::WithRawCallbackMethod_EraseCustomer<Service::Service>>>>>>>>;

using Reactor = grpc::ServerUnaryReactor*;
using Context = grpc::CallbackServerContext*;
using Buffer = grpc::ByteBuffer;

class IdentityServiceImpl final : public Base {
 public:
  explicit IdentityServiceImpl(IdentityServiceParts parts)
      : moments_(parts.moments),
        publish_(std::move(parts.publish)),
        eraser_(parts.eraser),
        customers_(parts.opener, parts.lookup),
        identity_(&customers_) {}

  Reactor ListSuggestions(Context context, const Buffer* in, Buffer* out) override {
    return Read<v1::ListSuggestionsRequest, v1::ListSuggestionsResponse>(
        context, in, out, [this](const query::View& view, const auto& request, auto* response) {
          return identity_.Suggestions(view, request, response);
        });
  }
  Reactor ExplainLinks(Context context, const Buffer* in, Buffer* out) override {
    return Read<v1::ExplainLinksRequest, v1::ExplainLinksResponse>(context, in, out,
                                                                   &query::Identity::ExplainLinks);
  }
  Reactor PreviewLink(Context context, const Buffer* in, Buffer* out) override {
    return Read<v1::PreviewLinkRequest, v1::PreviewLinkResponse>(context, in, out,
                                                                 &query::Identity::PreviewLink);
  }
  Reactor PreviewUnlink(Context context, const Buffer* in, Buffer* out) override {
    return Read<v1::PreviewUnlinkRequest, v1::PreviewUnlinkResponse>(
        context, in, out, &query::Identity::PreviewUnlink);
  }

  Reactor LinkCustomer(Context context, const Buffer* in, Buffer* out) override {
    return SayOfTwo<v1::LinkCustomerRequest, v1::LinkCustomerResponse>(
        context, in, out, [](v1::Body* body) { return body->mutable_link_customers(); });
  }
  Reactor UnlinkCustomer(Context context, const Buffer* in, Buffer* out) override {
    return SayOfTwo<v1::UnlinkCustomerRequest, v1::UnlinkCustomerResponse>(
        context, in, out, [](v1::Body* body) { return body->mutable_unlink_customers(); });
  }
  Reactor DistinguishCustomer(Context context, const Buffer* in, Buffer* out) override {
    return SayOfTwo<v1::DistinguishCustomerRequest, v1::DistinguishCustomerResponse>(
        context, in, out, [](v1::Body* body) { return body->mutable_distinguish_customers(); });
  }

  Reactor EraseCustomer(Context context, const Buffer* in, Buffer* out) override {
    using Request = v1::EraseCustomerRequest;
    using Response = v1::EraseCustomerResponse;
    return runtime::StartUnary<Request, Response>(
        moments_->guard(), context, in, out,
        [this](const Request& request, Response* response, const runtime::CallInfo& call,
               runtime::Done done) {
          const auto name = query::ParseCustomerName(request.name(), "name");
          if (!name.ok()) return done(name.status());
          v1::Change change = MakeChange(
              WriteOf(std::string(name->merchant), request.request_id(), request.writer()));
          change.set_customer(name->id.ToString());
          change.mutable_body()->mutable_customer_erased();
          if (!request.etag().empty()) change.mutable_preconditions()->set_etag(request.etag());
          PublishThenEnd(
              publish_, moments_, std::move(change), call, done,
              [this, response, merchant = std::string(name->merchant), id = name->id](
                  const v1::PublishResponse& published, const Moments::Moment& moment,
                  runtime::Done end) {
                // It rewrites files: not in a thread that answers others.
                slow_.Post([=, this, number = published.outcome().change_number(), at = moment] {
                  end(Forget(merchant, id, number, at, response));
                });
              });
        });
  }

 private:
  template <typename Request, typename Response, typename Answer>
  Reactor Read(Context context, const Buffer* in, Buffer* out, Answer answer) {
    return StartRead<Request, Response>(
        moments_, context, in, out,
        [](const Request& request) { return query::ParseMerchantOf(request.name(), "name"); },
        [answer](const Moments::Moment& moment, const Request& request, Response* response) {
          return answer(moment.view, request, response);
        });
  }

  // A person's word about two customers, then the card of the first.
  template <typename Request, typename Response, typename BodyOf>
  Reactor SayOfTwo(Context context, const Buffer* in, Buffer* out, BodyOf body_of) {
    return runtime::StartUnary<Request, Response>(
        moments_->guard(), context, in, out,
        [this, body_of](const Request& request, Response* response, const runtime::CallInfo& call,
                        runtime::Done done) {
          const auto name = query::ParseCustomerName(request.name(), "name");
          if (!name.ok()) return done(name.status());
          v1::Change change = MakeChange(
              WriteOf(std::string(name->merchant), request.request_id(), request.writer()));
          auto* said = body_of(change.mutable_body());
          said->set_customer(name->id.ToString());
          said->set_other(request.other());
          PublishThen(publish_, moments_, std::move(change), call, done,
                      [this, response, merchant = std::string(name->merchant), id = name->id](
                          const v1::PublishResponse&, const Moments::Moment& moment) {
                        return Show(merchant, id, moment, response);
                      });
        });
  }

  template <typename Response>
  absl::Status Show(const std::string& merchant, const Uuid& record, const Moments::Moment& moment,
                    Response* response) const {
    const auto customer = query::CustomerOf(*moment.snapshot, merchant, record, "name");
    if (!customer.ok()) return customer.status();
    query::SetPosition(moment.view, response->mutable_position());
    return customers_.Fill(*moment.snapshot, merchant, *customer, v1::CUSTOMER_VIEW_FULL,
                           response->mutable_customer());
  }

  absl::Status Forget(const std::string& merchant, const Uuid& record, uint64_t change_number,
                      const Moments::Moment& moment, v1::EraseCustomerResponse* response) const {
    if (eraser_ != nullptr) {
      absl::Status status = eraser_->EraseNow(*moment.snapshot, merchant, change_number);
      if (!status.ok()) return status;
    }
    return Show(merchant, record, moment, response);
  }

  Moments* const moments_;
  const PublishChanges publish_;
  Eraser* const eraser_;
  const query::Customers customers_;
  const query::Identity identity_;
  runtime::Worker slow_;  // last: ends first
};

}  // namespace

std::unique_ptr<grpc::Service> MakeIdentityService(IdentityServiceParts parts) {
  return std::make_unique<IdentityServiceImpl>(std::move(parts));
}

}  // namespace carnet::projector_service
