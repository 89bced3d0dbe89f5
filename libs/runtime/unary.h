// Unary methods in a few lines. A service inherits WithRawCallbackMethod_X for each method and
// hands gRPC's three arguments over:
//
//   class LedgerServiceImpl final
//       : public v1::LedgerService::WithRawCallbackMethod_GetBalance<v1::LedgerService::Service> {
//     grpc::ServerUnaryReactor* GetBalance(grpc::CallbackServerContext* context, const
//     grpc::ByteBuffer* request,
//                                          grpc::ByteBuffer* response) override {
//       return runtime::StartUnary<v1::GetBalanceRequest, v1::GetBalanceResponse>(
//           guard_, context, request, response,
//           [this](const v1::GetBalanceRequest& in, v1::GetBalanceResponse* out, const
//           runtime::CallInfo& call,
//                  runtime::Done done) { … done(absl::OkStatus()); });
//     }
//   };
#pragma once

#include <atomic>
#include <utility>

#include <google/protobuf/arena.h>
#include <grpcpp/support/server_callback.h>

#include "runtime/call.h"
#include "runtime/grpc_status.h"
#include "runtime/guard.h"
#include "runtime/message_codec.h"

namespace carnet::runtime {

// One call, one allocation: request and response live in an arena whose first block is part of this
// object.
//
// gRPC and the handler each hold one reference. Whoever is first to end the call (the handler's
// Done, or a cancel) ends it; the other one only drops its reference.
template <typename Request, typename Response>
class UnaryCall final : public grpc::ServerUnaryReactor, public PendingCall {
 public:
  UnaryCall(grpc::CallbackServerContext* context, grpc::ByteBuffer* out)
      : context_(context),
        out_(out),
        arena_(first_block_, sizeof first_block_),
        request_(google::protobuf::Arena::CreateMessage<Request>(&arena_)),
        response_(google::protobuf::Arena::CreateMessage<Response>(&arena_)) {}

  Request* request() { return request_; }
  Response* response() { return response_; }
  access::Caller* caller() { return &caller_; }
  CallInfo info() const { return CallInfo(context_, &cancelled_, caller_.get()); }

  void Complete(absl::Status status) override {
    if (!ended_.exchange(true, std::memory_order_acq_rel)) {
      if (status.ok()) {
        *out_ = SerializeMessage(*response_);
        Finish(grpc::Status::OK);
      } else {
        Finish(ToGrpcStatus(status));
      }
    }
    DropReference();
  }

  void OnCancel() override {
    cancelled_.store(true, std::memory_order_relaxed);
    if (!ended_.exchange(true, std::memory_order_acq_rel)) Finish(grpc::Status::CANCELLED);
  }

  void OnDone() override { DropReference(); }

 private:
  ~UnaryCall() override = default;

  void DropReference() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer* const out_;  // gRPC's, gone with OnDone
  access::Caller caller_;
  std::atomic<int> references_{2};
  std::atomic<bool> ended_{false};
  std::atomic<bool> cancelled_{false};
  alignas(8) char first_block_[2048];
  google::protobuf::Arena arena_;
  Request* const request_;
  Response* const response_;
};

// Asks the guard whether the caller may do this, parses the request (INVALID_ARGUMENT: UNPARSABLE,
// INVALID_UTF8) and calls, in this thread, which is one of gRPC's few,
//   handler(Request&, Response*, const CallInfo&, Done)
// (the request is the handler's to change; it may as well take it as const).
// It must not block; it may finish later from another thread. Request and response stay until Done
// is called. `guard` must outlive the server.
template <typename Request, typename Response, typename Handler>
grpc::ServerUnaryReactor* StartUnary(Guard* guard, grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* in, grpc::ByteBuffer* out,
                                     Handler&& handler) {
  static const access::Rule* const rule = access::RuleOf(*Request::descriptor());
  auto* call = new UnaryCall<Request, Response>(context, out);
  absl::Status status = guard->Admit(*context, rule, call->caller());
  if (status.ok()) status = ParseMessage(*in, call->request());
  if (status.ok()) status = guard->Authorize(*context, rule, **call->caller(), call->request());
  if (!status.ok()) {
    call->Complete(std::move(status));
  } else {
    std::forward<Handler>(handler)(*call->request(), call->response(), call->info(), Done(call));
  }
  return call;
}

}  // namespace carnet::runtime
