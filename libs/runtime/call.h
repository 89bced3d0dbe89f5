// What a handler gets beside its request: facts about the call, and the way to end it.
#pragma once

#include <atomic>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include <grpcpp/server_context.h>

#include "access/grant.h"

namespace carnet::runtime {

// Facts about a call. Cheap to copy; usable until the handler has called its Done.
class CallInfo {
 public:
  CallInfo(const grpc::CallbackServerContext* context, const std::atomic<bool>* cancelled,
           const access::Grant* caller);

  // By when to answer: the client's deadline less what an answer needs on its way (a tenth of the
  // time left; of more than a second, 100 ms; of more than five, a fiftieth), so that a handler
  // that waits until then is still heard. InfiniteFuture where the client set none.
  absl::Time deadline() const { return deadline_; }

  // Whether nobody listens any more (cancelled, deadline passed, connection lost): what is not
  // begun can be left.
  bool cancelled() const { return cancelled_->load(std::memory_order_relaxed); }

  // Who calls. That they may call this method about this merchant has been checked; what is in a
  // batch of changes has not.
  const access::Grant& caller() const { return *caller_; }

  // Address of the other end. Only until the handler function returns, not later from another
  // thread.
  std::string peer() const { return context_->peer(); }

 private:
  const grpc::CallbackServerContext* context_;
  const std::atomic<bool>* cancelled_;
  const access::Grant* caller_;
  absl::Time deadline_;
};

// A call that waits for its handler.
class PendingCall {
 public:
  virtual void Complete(absl::Status status) = 0;

 protected:
  ~PendingCall() = default;
};

// Ends the call: with the response as it stands then, or with an error (which becomes ErrorInfo and
// BadRequest, see grpc_status.h). Must be called exactly once, from any thread, also when the call
// was cancelled; request and response are gone afterwards. Copies are the same call; fits into a
// std::function<void(absl::Status)> without allocation.
class Done {
 public:
  explicit Done(PendingCall* call) : call_(call) {}
  void operator()(absl::Status status) const { call_->Complete(std::move(status)); }

 private:
  PendingCall* call_;
};

}  // namespace carnet::runtime
