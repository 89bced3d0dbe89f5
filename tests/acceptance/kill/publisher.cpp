#include "tests/acceptance/kill/publisher.h"

#include <algorithm>

#include "runtime/grpc_status.h"
#include "tests/acceptance/kill/carnetd_process.h"

namespace carnet::acceptance {
namespace {

constexpr size_t kChangesOfMessage = 16;
constexpr size_t kMessagesUnderWay = 4;

// Whether the outcome is unknown: then the change is sent again.
bool IsGone(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsCancelled(status) ||
         absl::IsDeadlineExceeded(status);
}

}  // namespace

std::string Publisher::PublishOne(carnet::v1::ChangeService::Stub* stub, bool* gone) {
  grpc::ClientContext context;
  SetDeadline(&context);
  carnet::v1::PublishRequest request;
  *request.mutable_change() = story_.At(acknowledged_);
  sent_ = std::max(sent_, acknowledged_ + 1);
  request.set_wait(way_ == Way::kUnaryAndWait);
  carnet::v1::PublishResponse response;
  const grpc::Status status = stub->Publish(&context, request, &response);
  if (!status.ok()) {
    *gone = IsGone(runtime::FromGrpcStatus(status));
    return *gone ? std::string() : "Publish: " + status.error_message();
  }
  if (request.wait()) {
    const auto outcome = response.outcome().status();
    if (outcome != carnet::v1::OUTCOME_STATUS_APPLIED &&
        outcome != carnet::v1::OUTCOME_STATUS_DUPLICATE) {
      return "Publish: " + response.outcome().ShortDebugString();
    }
  }
  token_ = response.token();
  ++acknowledged_;
  return {};
}

std::string Publisher::PublishStream(carnet::v1::ChangeService::Stub* stub, size_t up_to,
                                     const std::function<void()>& acknowledged) {
  grpc::ClientContext context;
  SetDeadline(&context);
  const auto stream = stub->PublishBatch(&context);
  size_t sent = acknowledged_;
  size_t under_way = 0;
  while (acknowledged_ < up_to) {
    while (sent < up_to && under_way < kMessagesUnderWay) {
      carnet::v1::PublishBatchRequest request;
      for (const size_t end = std::min(up_to, sent + kChangesOfMessage); sent < end; ++sent) {
        *request.add_changes() = story_.At(sent);
      }
      sent_ = std::max(sent_, sent);
      if (!stream->Write(request)) return {};
      ++under_way;
    }
    carnet::v1::PublishBatchResponse response;
    if (!stream->Read(&response)) {
      const absl::Status status = runtime::FromGrpcStatus(stream->Finish());
      return IsGone(status) ? std::string() : "PublishBatch: " + status.ToString();
    }
    --under_way;
    for (const auto& result : response.results()) {
      if (result.has_error()) {
        const absl::Status error = runtime::FromRpcStatus(result.error());
        // Behind an unknown one everything is sent again, in order.
        context.TryCancel();
        return IsGone(error) ? std::string() : "PublishBatch: " + error.ToString();
      }
      token_ = result.token();
      ++acknowledged_;
      acknowledged();
    }
  }
  stream->WritesDone();
  stream->Finish();
  return {};
}

std::string Publisher::Publish(const std::shared_ptr<grpc::Channel>& channel, size_t up_to,
                               const std::function<void()>& acknowledged) {
  up_to = std::max(up_to, sent_);
  const auto stub = carnet::v1::ChangeService::NewStub(channel);
  if (way_ == Way::kBatch) return PublishStream(stub.get(), up_to, acknowledged);
  while (acknowledged_ < up_to) {
    bool gone = false;
    std::string wrong = PublishOne(stub.get(), &gone);
    if (gone || !wrong.empty()) return wrong;
    acknowledged();
  }
  return {};
}

}  // namespace carnet::acceptance
