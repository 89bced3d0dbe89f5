// Bidirectional methods that answer every request with one response, in order: a unary method's
// handler, many times over one stream, several requests in flight.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include <google/protobuf/arena.h>
#include <grpcpp/support/server_callback.h>

#include "runtime/byte_budget.h"
#include "runtime/call.h"
#include "runtime/grpc_status.h"
#include "runtime/guard.h"
#include "runtime/message_codec.h"
#include "runtime/open_streams.h"

namespace carnet::runtime {

// How much may be unanswered before the next request is read: clients are slowed down, not refused.
struct BidiWindow {
  // Of one stream.
  size_t max_requests = 32;
  size_t max_bytes = size_t{8} << 20;
  // Of all calls that share it; null: no bound. Must outlive the server.
  ByteBudget* budget = nullptr;
};

template <typename Response>
class BidiCall final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                       public OpenStreams::Stream {
 public:
  using Handler = std::function<void(const grpc::ByteBuffer&, Response*, const CallInfo&, Done)>;

  static std::shared_ptr<BidiCall> Make(Guard* guard, const access::Rule* rule,
                                        grpc::CallbackServerContext* context,
                                        const BidiWindow& window, Handler handler) {
    auto call = std::make_shared<BidiCall>(guard, rule, context, window, std::move(handler));
    call->grpc_reference_ = call;
    return call;
  }
  BidiCall(Guard* guard, const access::Rule* rule, grpc::CallbackServerContext* context,
           const BidiWindow& window, Handler handler)
      : guard_(guard),
        rule_(rule),
        streams_(&guard->streams()),
        context_(context),
        window_(window),
        handler_(std::move(handler)) {}

  access::Caller* caller() { return &caller_; }

  // Before Start().
  void Refuse(const absl::Status& status) {
    const std::lock_guard lock(mutex_);
    End(ToGrpcStatus(status));
  }

  void Start() {
    const std::lock_guard lock(mutex_);
    ReadIfRoom();
  }

  void OnReadDone(bool ok) override {
    std::shared_ptr<Item> item;
    {
      const std::lock_guard lock(mutex_);
      if (!ok || finished_ || stopping_) {
        reads_done_ = true;
        Advance();
        return;
      }
      item = std::make_shared<Item>(grpc_reference_, read_buffer_);
      read_buffer_.Clear();
      item->self = item;
      bytes_ += item->bytes;
      items_.push_back(item);
    }
    // Outside the lock, and the next read starts only afterwards: handlers are called one after the
    // other.
    if (absl::Status theirs =
            guard_->AuthorizeNext(*context_, rule_, *caller_, item->in, &merchant_named_);
        !theirs.ok()) {
      item->Complete(std::move(theirs));
    } else {
      handler_(item->in, item->response, CallInfo(context_, &cancelled_, caller_.get()),
               Done(item.get()));
    }
    const std::lock_guard lock(mutex_);
    reading_ = false;
    ReadIfRoom();
  }

  void OnWriteDone(bool ok) override {
    std::shared_ptr<Item> written;  // gives its bytes back without the lock
    const std::lock_guard lock(mutex_);
    writing_ = false;
    written = std::move(items_.front());
    items_.pop_front();
    bytes_ -= written->bytes;
    if (!ok) reads_done_ = true;
    Advance();
    ReadIfRoom();
  }

  void OnCancel() override {
    cancelled_.store(true, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    End(grpc::Status::CANCELLED);
  }

  // What was read is still answered.
  void Stop(const absl::Status& why) override {
    const std::lock_guard lock(mutex_);
    if (!stopping_) stopped_because_ = why;
    stopping_ = true;
    Advance();
  }

  void OnDone() override {
    streams_->Remove(this);
    std::deque<std::shared_ptr<Item>> unanswered;  // they hold this call
    {
      const std::lock_guard lock(mutex_);
      unanswered.swap(items_);
    }
    unanswered.clear();
    grpc_reference_.reset();
  }

 private:
  // One request and its response.
  struct Item final : public PendingCall {
    Item(std::shared_ptr<BidiCall> the_call, const grpc::ByteBuffer& request)
        : call(std::move(the_call)),
          in(request),
          bytes(in.Length()),
          response(google::protobuf::Arena::CreateMessage<Response>(&arena)) {
      if (call->window_.budget != nullptr) call->window_.budget->Take(bytes);
    }
    ~Item() {
      if (call->window_.budget != nullptr) call->window_.budget->Give(bytes);
    }

    void Complete(absl::Status result) override {
      const std::shared_ptr<Item> keep = std::move(self);
      call->Completed(this, std::move(result));
    }

    const std::shared_ptr<BidiCall> call;
    std::shared_ptr<Item> self;  // until Complete
    const grpc::ByteBuffer in;
    const size_t bytes;
    google::protobuf::Arena arena;
    Response* const response;
    // Guarded by the call's mutex.
    bool complete = false;
    absl::Status status;
    grpc::ByteBuffer out;
  };

  void Completed(Item* item, absl::Status status) {
    grpc::ByteBuffer out;
    if (status.ok() && !cancelled_.load(std::memory_order_relaxed)) {
      out = SerializeMessage(*item->response);
    }
    const std::lock_guard lock(mutex_);
    item->complete = true;
    item->status = std::move(status);
    item->out = std::move(out);
    Advance();
  }

  // Writes or ends, whatever is due. gRPC runs no callback inside StartWrite, StartRead or Finish,
  // so they may be called under the lock.
  void Advance() {
    if (writing_ || finished_) return;
    if (items_.empty()) {
      if (stopping_) {
        End(ToGrpcStatus(stopped_because_));
      } else if (reads_done_) {
        End(grpc::Status::OK);
      }
      return;
    }
    Item& first = *items_.front();
    if (!first.complete) return;
    if (!first.status.ok()) {
      End(ToGrpcStatus(first.status));
      return;
    }
    writing_ = true;
    StartWrite(&first.out);
  }

  void ReadIfRoom() {
    if (reading_ || reads_done_ || finished_ || stopping_) return;
    if (items_.size() >= window_.max_requests || bytes_ >= window_.max_bytes) return;
    reading_ = true;
    if (window_.budget != nullptr && window_.budget->WaitForRoom([weak = this->weak_call()] {
          if (const auto call = weak.lock()) call->RoomAgain();
        })) {
      return;
    }
    StartRead(&read_buffer_);
  }

  void RoomAgain() {
    const std::lock_guard lock(mutex_);
    reading_ = false;
    ReadIfRoom();
  }

  void End(const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    Finish(status);
  }

  std::weak_ptr<BidiCall> weak_call() const { return grpc_reference_; }

  Guard* const guard_;
  const access::Rule* const rule_;
  OpenStreams* const streams_;
  grpc::CallbackServerContext* const context_;
  const BidiWindow window_;
  const Handler handler_;
  access::Caller caller_;
  std::shared_ptr<BidiCall> grpc_reference_;  // until OnDone
  std::atomic<bool> cancelled_{false};

  grpc::ByteBuffer read_buffer_;  // the reading thread's
  bool merchant_named_ = false;   // likewise

  std::mutex mutex_;
  std::deque<std::shared_ptr<Item>> items_;  // in order of their requests
  size_t bytes_ = 0;
  bool reading_ = false;  // a read is under way, waits for room, or its handler is being called
  bool reads_done_ = false;
  bool writing_ = false;  // items_.front() is being written
  bool stopping_ = false;
  absl::Status stopped_because_;
  bool finished_ = false;
};

// Asks the guard whether the caller may do this at all, then calls, for one request after the
// other, in one of gRPC's threads,
//   handler(const grpc::ByteBuffer& request, Response*, const CallInfo&, Done)
// with the request's bytes as they came (ParseMessage() makes a message of them, on the response's
// arena say): a method that takes many things in one message may want to refuse one of them alone.
// It must not block and may finish later, in any order: responses go out in the order of the
// requests. Request and response stay until Done is called. Done with an error ends the stream with
// it, after the responses before it. What is in a request is not yet known to be the caller's to
// ask for where the method's rule says each_change: see CallInfo::caller(). `guard` must outlive
// the server, and ends the stream when the caller's credentials hold no more; what was read by then
// is still answered.
template <typename Response>
grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StartBidiStream(
    Guard* guard, grpc::CallbackServerContext* context, const BidiWindow& window,
    typename BidiCall<Response>::Handler handler) {
  static const access::Rule* const rule = access::RuleOf(*Response::descriptor());
  auto call = BidiCall<Response>::Make(guard, rule, context, window, std::move(handler));
  absl::Status status = guard->Admit(*context, rule, call->caller());
  if (status.ok()) status = guard->Authorize(*context, rule, **call->caller(), nullptr);
  if (!status.ok()) {
    call->Refuse(status);
  } else if (!guard->streams().Add(call, *call->caller())) {
    call->Stop(ShuttingDown());
  } else {
    call->Start();
  }
  return call.get();
}

}  // namespace carnet::runtime
