#include "projector/policy_service.h"

#include <utility>

#include <google/protobuf/descriptor.h>

#include "carnet/v1/policy_service.grpc.pb.h"
#include "projector/reads.h"
#include "query/names.h"
#include "query/policies.h"
#include "query/view.h"

namespace carnet::projector_service {
namespace {

using Base = v1::PolicyService::WithRawCallbackMethod_GetPolicy<
    v1::PolicyService::WithRawCallbackMethod_UpdatePolicy<v1::PolicyService::Service>>;

class PolicyServiceImpl final : public Base {
 public:
  PolicyServiceImpl(Moments* moments, PublishChanges publish)
      : moments_(moments), publish_(std::move(publish)) {}

  grpc::ServerUnaryReactor* GetPolicy(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    using Request = v1::GetPolicyRequest;
    using Response = v1::GetPolicyResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out,
        [](const Request& request) { return query::CheckMerchant(request.merchant(), "merchant"); },
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          Fill(moment, request.merchant(), response);
          return absl::OkStatus();
        });
  }

  grpc::ServerUnaryReactor* UpdatePolicy(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* in,
                                         grpc::ByteBuffer* out) override {
    using Request = v1::UpdatePolicyRequest;
    using Response = v1::UpdatePolicyResponse;
    return runtime::StartUnary<Request, Response>(
        moments_->guard(), context, in, out,
        [this](const Request& request, Response* response, const runtime::CallInfo& call,
               runtime::Done done) {
          const auto merchant = query::CheckMerchant(request.merchant(), "merchant");
          if (!merchant.ok()) return done(merchant.status());
          v1::Writer writer;
          writer.set_actor(request.actor());
          v1::Change change = MakeChange(WriteOf(request.merchant(), request.request_id(), writer));
          auto* changed = change.mutable_body()->mutable_policy_changed();
          *changed->mutable_policy() = request.policy();
          for (const std::string& field : request.update_mask().paths()) changed->add_fields(field);
          if (changed->fields().empty()) AddSetFields(changed);
          if (!request.etag().empty()) change.mutable_preconditions()->set_etag(request.etag());
          PublishThen(publish_, moments_, std::move(change), call, done,
                      [this, name = request.merchant(), response](const v1::PublishResponse&,
                                                                  const Moments::Moment& moment) {
                        Fill(moment, name, response);
                        return absl::OkStatus();
                      });
        });
  }

 private:
  template <typename Response>
  void Fill(const Moments::Moment& moment, const std::string& merchant, Response* response) {
    const auto row = policies_.Of(*moment.snapshot, merchant);
    *response->mutable_policy() = row->policy();
    // Tokens are between gateway and fold.
    for (auto& blocked : *response->mutable_policy()->mutable_blocked_values())
      blocked.clear_tokens();
    response->set_etag(std::to_string(row->change_number()));
    query::SetPosition(moment.view, response->mutable_position());
  }

  static void AddSetFields(v1::PolicyChanged* changed) {
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    changed->policy().GetReflection()->ListFields(changed->policy(), &fields);
    for (const auto* field : fields) changed->add_fields(field->name());
  }

  Moments* const moments_;
  const PublishChanges publish_;
  query::Policies policies_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakePolicyService(Moments* moments, PublishChanges publish) {
  return std::make_unique<PolicyServiceImpl>(moments, std::move(publish));
}

}  // namespace carnet::projector_service
