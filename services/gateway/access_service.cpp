#include "gateway/access_service.h"

#include "absl/time/clock.h"

#include "base/error.h"
#include "carnet/v1/access_service.grpc.pb.h"
#include "runtime/unary.h"

namespace carnet::gateway {
namespace {

using Base = v1::AccessService::WithRawCallbackMethod_CreateToken<v1::AccessService::Service>;

class AccessServiceImpl final : public Base {
 public:
  explicit AccessServiceImpl(runtime::Guard* guard) : guard_(guard) {}

  grpc::ServerUnaryReactor* CreateToken(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* in,
                                        grpc::ByteBuffer* out) override {
    return runtime::StartUnary<v1::CreateTokenRequest, v1::CreateTokenResponse>(
        guard_, context, in, out,
        [this](const v1::CreateTokenRequest& request, v1::CreateTokenResponse* response,
               const runtime::CallInfo& call, runtime::Done done) {
          if (guard_->credentials() == nullptr) {
            return done(Error(absl::StatusCode::kFailedPrecondition, "NO_CREDENTIALS",
                              "this server asks nobody for credentials, so a token would be for "
                              "nothing: see access.file of carnetd"));
          }
          const auto token =
              guard_->credentials()->CreateToken(call.caller(), request, absl::Now());
          if (!token.ok()) return done(token.status());
          response->set_token(token->text);
          response->mutable_expires_at()->set_seconds(absl::ToUnixSeconds(token->expires_at));
          done(absl::OkStatus());
        });
  }

 private:
  runtime::Guard* const guard_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAccessService(runtime::Guard* guard) {
  return std::make_unique<AccessServiceImpl>(guard);
}

}  // namespace carnet::gateway
