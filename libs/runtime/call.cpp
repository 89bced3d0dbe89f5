#include "runtime/call.h"

#include <algorithm>
#include <chrono>

#include "absl/time/clock.h"

namespace carnet::runtime {
namespace {

// gRPC rounds a deadline up on its way, by up to a hundredth of the time that is left.
absl::Time AnswerBy(std::chrono::system_clock::time_point deadline) {
  if (deadline == std::chrono::system_clock::time_point::max()) return absl::InfiniteFuture();
  const absl::Time end = absl::FromChrono(deadline);
  const absl::Duration left = std::max(end - absl::Now(), absl::ZeroDuration());
  return end - std::min(left / 10, std::max(left / 50, absl::Milliseconds(100)));
}

}  // namespace

CallInfo::CallInfo(const grpc::CallbackServerContext* context, const std::atomic<bool>* cancelled,
                   const access::Grant* caller)
    : context_(context),
      cancelled_(cancelled),
      caller_(caller),
      deadline_(AnswerBy(context->deadline())) {}

}  // namespace carnet::runtime
