// What all unary reads have in common: which merchant, which moment, then the read itself.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "projector/moments.h"
#include "runtime/unary.h"

namespace carnet::projector_service {

// Answers a call. `merchant_of(request)` gives an absl::StatusOr<std::string_view> and decides the
// partition; `read(moment, request, response)` gives an absl::Status and is called as soon as the
// views have reached the request's min_position.
template <typename Request, typename Response, typename MerchantOf, typename Read>
grpc::ServerUnaryReactor* StartRead(Moments* moments, grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* in, grpc::ByteBuffer* out,
                                    MerchantOf merchant_of, Read read) {
  return runtime::StartUnary<Request, Response>(
      moments->guard(), context, in, out,
      [&](const Request& request, Response* response, const runtime::CallInfo& call,
          runtime::Done done) {
        const auto merchant = merchant_of(request);
        if (!merchant.ok()) return done(merchant.status());
        moments->With(
            request, moments->PartitionOf(*merchant), call.deadline(),
            [read, &request, response, done](const absl::StatusOr<Moments::Moment>& moment) {
              done(moment.ok() ? read(*moment, request, response) : moment.status());
            });
      });
}

}  // namespace carnet::projector_service
