#include "projector/subscription_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "carnet/v1/subscription_service.grpc.pb.h"
#include "projector/moments.h"
#include "projector/subscription.h"
#include "projector/subscriptions.h"
#include "query/feed.h"
#include "query/names.h"
#include "query/reasons.h"
#include "runtime/server_stream.h"

namespace carnet::projector_service {
namespace {

using Stream = std::shared_ptr<Subscription::Stream>;

absl::Status EpochChanged() {
  absl::Status status = Error(absl::StatusCode::kOutOfRange, query::reason::kEpochChanged,
                              "this merchant's history was re-interpreted: old cursors mean "
                              "nothing, subscribe again with a snapshot",
                              "epoch");
  AddErrorMetadata("epoch", std::to_string(query::kFeedEpoch), &status);
  return status;
}

absl::Status BeyondFeed(uint64_t from, uint64_t last) {
  absl::Status status = Error(
      absl::StatusCode::kOutOfRange, query::reason::kBeyondFeed,
      std::string(absl::StrCat("from_sequence ", from, " lies beyond the feed, which ends with ",
                               last, ": subscribe again with a snapshot")),
      "from_sequence");
  AddErrorMetadata("sequence", std::to_string(last), &status);
  return status;
}

// What can be told without the views.
absl::StatusOr<Subscription::Start> CheckRequest(const v1::SubscribeRequest& request) {
  const auto merchant = query::CheckMerchant(request.merchant(), "merchant");
  if (!merchant.ok()) return merchant.status();
  const auto kinds = query::EventKinds::Parse(request.kinds());
  if (!kinds.ok()) return kinds.status();
  if (request.snapshot() && request.from_sequence() != 0) {
    return Error(absl::StatusCode::kInvalidArgument, query::reason::kSequenceWithSnapshot,
                 "a snapshot decides where the feed goes on: leave from_sequence at 0",
                 "from_sequence");
  }
  if (request.epoch() != 0 && request.epoch() != query::kFeedEpoch) return EpochChanged();
  return Subscription::Start{.merchant = request.merchant(),
                             .next_sequence = std::max<uint64_t>(request.from_sequence(), 1),
                             .kinds = *kinds,
                             .snapshot = nullptr};
}

using Base =
    v1::SubscriptionService::WithRawCallbackMethod_Subscribe<v1::SubscriptionService::Service>;

class SubscriptionServiceImpl final : public Base {
 public:
  explicit SubscriptionServiceImpl(const SubscriptionServiceParts& parts)
      : moments_(parts.moments),
        projector_(parts.projector),
        guard_(parts.guard),
        customers_(parts.opener, parts.lookup),
        subscriptions_(parts.subscriptions) {}

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Subscribe(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* in) override {
    return runtime::StartServerStream<v1::SubscribeRequest, v1::SubscribeResponse>(
        guard_, context, in,
        [this](const v1::SubscribeRequest& request, const runtime::CallInfo& call, Stream stream) {
          auto start = CheckRequest(request);
          if (!start.ok()) return stream->Finish(start.status());
          const int32_t partition = moments_->PartitionOf(start->merchant);
          moments_->With(
              request, partition, call.deadline(),
              [this, partition, deadline = call.deadline(), snapshot = request.snapshot(),
               start = *std::move(start), stream](const absl::StatusOr<Moments::Moment>& moment) {
                if (!moment.ok()) return stream->Finish(moment.status());
                const uint64_t last = query::LastFeedSequence(*moment->snapshot, start.merchant);
                if (snapshot || start.next_sequence <= last + 1) {
                  return Begin(partition, snapshot, start, stream, moment);
                }
                // The cursor may come from a replica that is ahead of this one.
                moments_->AtLogEnd(
                    partition, deadline,
                    [this, partition, start, stream](const absl::StatusOr<Moments::Moment>& all) {
                      Begin(partition, /*snapshot=*/false, start, stream, all);
                    });
              });
        });
  }

 private:
  void Begin(int32_t partition, bool snapshot, Subscription::Start start, const Stream& stream,
             const absl::StatusOr<Moments::Moment>& moment) {
    if (!moment.ok()) return stream->Finish(moment.status());
    const uint64_t last = query::LastFeedSequence(*moment->snapshot, start.merchant);
    if (snapshot) {
      start.snapshot = moment->snapshot;
      start.next_sequence = last + 1;
    } else if (start.next_sequence > last + 1) {
      return stream->Finish(BeyondFeed(start.next_sequence, last));
    }
    const auto subscription = std::make_shared<Subscription>(
        stream, &customers_, [this, partition] { return projector_->snapshot(partition); },
        std::move(start));
    subscriptions_->Add(partition, subscription);
    subscription->Wake();
  }

  Moments* const moments_;
  projection::Projector* const projector_;
  runtime::Guard* const guard_;
  const query::Customers customers_;
  Subscriptions* const subscriptions_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeSubscriptionService(const SubscriptionServiceParts& parts) {
  return std::make_unique<SubscriptionServiceImpl>(parts);
}

}  // namespace carnet::projector_service
