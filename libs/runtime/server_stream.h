// Server-streaming methods: one request, then messages as fast as the client reads them. A service
// inherits WithRawCallbackMethod_X and returns StartServerStream<Request, Response>(guard_,
// context, request, handler).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include <google/protobuf/arena.h>
#include <grpcpp/support/server_callback.h>

#include "runtime/call.h"
#include "runtime/grpc_status.h"
#include "runtime/guard.h"
#include "runtime/message_codec.h"
#include "runtime/open_streams.h"

namespace carnet::runtime {

// The server's end of one stream. All functions may be called from any thread, and after the stream
// is over (they do nothing then). Callbacks come from gRPC's threads (`written` of a stream that is
// over: from Write itself), never while a lock of this class is held; they must be quick.
template <typename Response>
class ServerStream {
 public:
  // Sends a message; then `written(true)` when there is room for the next one (a slow reader makes
  // that late), or `written(false)` when the stream is over. One message at a time: not again
  // before `written`.
  virtual void Write(const Response& message, std::function<void(bool)> written) = 0;

  // Ends the stream, also while a message is still on its way. The first one counts.
  virtual void Finish(const absl::Status& status) = 0;

  // Calls `over` once when the client is gone or the server goes down (not for one's own Finish);
  // at once, in this call, where that has happened already. One function per stream.
  virtual void WhenOver(std::function<void()> over) = 0;

  virtual bool over() const = 0;

 protected:
  ~ServerStream() = default;
};

template <typename Request, typename Response>
class ServerStreamCall final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                               public ServerStream<Response>,
                               public OpenStreams::Stream {
 public:
  static std::shared_ptr<ServerStreamCall> Make(OpenStreams* streams,
                                                grpc::CallbackServerContext* context) {
    auto call = std::make_shared<ServerStreamCall>(streams, context);
    call->grpc_reference_ = call;
    return call;
  }
  ServerStreamCall(OpenStreams* streams, grpc::CallbackServerContext* context)
      : streams_(streams), context_(context), request_(arena_.CreateMessage<Request>(&arena_)) {}

  Request* request() { return request_; }
  access::Caller* caller() { return &caller_; }
  CallInfo info() const { return CallInfo(context_, &over_, caller_.get()); }

  void Write(const Response& message, std::function<void(bool)> written) override {
    {
      // gRPC runs no callback inside StartWrite or Finish, so they may be called under the lock: a
      // Finish must not come between the check and the write.
      const std::lock_guard lock(mutex_);
      if (!finished_) {
        buffer_ = SerializeMessage(message);
        written_ = std::move(written);
        StartWrite(&buffer_);
        return;
      }
    }
    written(false);
  }

  void Finish(const absl::Status& status) override { End(ToGrpcStatus(status)); }

  void WhenOver(std::function<void()> over) override {
    {
      const std::lock_guard lock(mutex_);
      if (!over_) {
        when_over_ = std::move(over);
        return;
      }
    }
    over();
  }

  bool over() const override { return over_; }

  void Stop(const absl::Status& why) override { GoOver(ToGrpcStatus(why)); }

  void OnCancel() override { GoOver(grpc::Status::CANCELLED); }

  void OnWriteDone(bool ok) override {
    std::function<void(bool)> written;
    {
      const std::lock_guard lock(mutex_);
      written.swap(written_);
      ok = ok && !finished_;
    }
    written(ok);
  }

  void OnDone() override {
    streams_->Remove(this);
    std::function<void()> dropped;
    {
      const std::lock_guard lock(mutex_);
      dropped.swap(when_over_);  // may hold the last reference to whoever holds this stream
    }
    grpc_reference_.reset();
  }

 private:
  void End(const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    finished_ = true;
    grpc::ServerWriteReactor<grpc::ByteBuffer>::Finish(status);
  }

  void GoOver(const grpc::Status& status) {
    End(status);
    std::function<void()> over;
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
      over.swap(when_over_);
    }
    if (over) over();
  }

  OpenStreams* const streams_;
  grpc::CallbackServerContext* const context_;
  google::protobuf::Arena arena_;
  Request* const request_;
  access::Caller caller_;
  std::shared_ptr<ServerStreamCall> grpc_reference_;  // until OnDone
  std::atomic<bool> over_{false};

  std::mutex mutex_;
  bool finished_ = false;
  grpc::ByteBuffer buffer_;
  std::function<void(bool)> written_;
  std::function<void()> when_over_;
};

// Asks the guard whether the caller may do this, parses the request and calls, in this thread,
// which is one of gRPC's few,
//   handler(const Request&, const CallInfo&, std::shared_ptr<ServerStream<Response>>)
// It must not block, and must see to it that Finish() is called some day unless the stream is over
// before. Request and CallInfo stay as long as the stream does. `guard` must outlive the server,
// and ends the stream when the caller's credentials hold no more.
template <typename Request, typename Response, typename Handler>
grpc::ServerWriteReactor<grpc::ByteBuffer>* StartServerStream(Guard* guard,
                                                              grpc::CallbackServerContext* context,
                                                              const grpc::ByteBuffer* in,
                                                              Handler&& handler) {
  static const access::Rule* const rule = access::RuleOf(*Request::descriptor());
  auto call = ServerStreamCall<Request, Response>::Make(&guard->streams(), context);
  absl::Status status = guard->Admit(*context, rule, call->caller());
  if (status.ok()) status = ParseMessage(*in, call->request());
  if (status.ok()) status = guard->Authorize(*context, rule, **call->caller(), call->request());
  if (!status.ok()) {
    call->Finish(status);
  } else if (!guard->streams().Add(call, *call->caller())) {
    call->Stop(ShuttingDown());
  } else {
    std::forward<Handler>(handler)(std::as_const(*call->request()), call->info(),
                                   std::shared_ptr<ServerStream<Response>>(call));
  }
  return call.get();
}

}  // namespace carnet::runtime
