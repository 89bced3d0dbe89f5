#include "tests/acceptance/kill/follower.h"

#include "carnet/v1/subscription_service.grpc.pb.h"
#include "tests/acceptance/kill/carnetd_process.h"

namespace carnet::acceptance {

void Follower::Start(const std::shared_ptr<grpc::Channel>& channel) {
  Stop();
  {
    const std::lock_guard lock(mutex_);
    context_ = std::make_unique<grpc::ClientContext>();
  }
  thread_ = std::thread([this, channel] { Follow(channel); });
}

void Follower::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (context_ != nullptr) context_->TryCancel();
  }
  if (thread_.joinable()) thread_.join();
}

void Follower::Follow(const std::shared_ptr<grpc::Channel>& channel) {
  carnet::v1::SubscribeRequest request;
  request.set_merchant(merchant_);
  {
    const std::lock_guard lock(mutex_);
    request.set_from_sequence(last_sequence_ + 1);
  }
  const auto stub = carnet::v1::SubscriptionService::NewStub(channel);
  const auto stream = stub->Subscribe(context_.get(), request);
  carnet::v1::SubscribeResponse response;
  while (stream->Read(&response)) {
    const std::lock_guard lock(mutex_);
    if (response.has_checkpoint() && response.checkpoint().sequence() != last_sequence_) {
      wrong_ = "a checkpoint at " + std::to_string(response.checkpoint().sequence()) +
               " where the feed is at " + std::to_string(last_sequence_);
    }
    if (!response.has_event()) continue;
    const auto& event = response.event();
    if (event.sequence() != last_sequence_ + 1) {
      wrong_ =
          "event " + std::to_string(event.sequence()) + " after " + std::to_string(last_sequence_);
    }
    last_sequence_ = event.sequence();
    if (event.has_voucher_posted()) codes_.push_back(event.voucher_posted().code());
    more_.notify_all();
  }
  const grpc::Status status = stream->Finish();
  const std::lock_guard lock(mutex_);
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE &&
      status.error_code() != grpc::StatusCode::CANCELLED) {
    wrong_ = "the stream ended with " + status.error_message();
  }
}

bool Follower::WaitForVouchers(size_t count) {
  std::unique_lock lock(mutex_);
  return more_.wait_for(lock, std::chrono::seconds(kPatienceSeconds),
                        [&] { return codes_.size() >= count || !wrong_.empty(); });
}

std::vector<std::string> Follower::codes() const {
  const std::lock_guard lock(mutex_);
  return codes_;
}

std::string Follower::wrong() const {
  const std::lock_guard lock(mutex_);
  return wrong_;
}

}  // namespace carnet::acceptance
