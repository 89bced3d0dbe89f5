#include "projector/delivery_service.h"

#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/time/clock.h"

#include "base/error.h"
#include "base/uuid.h"
#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/delivery_service.grpc.pb.h"
#include "domain/customers/record.h"
#include "domain/keys.h"
#include "domain/reasons.h"
#include "domain/state.h"
#include "projector/log_search.h"
#include "projector/moments.h"
#include "projector/reads.h"
#include "query/dead_letters.h"
#include "query/names.h"
#include "runtime/worker.h"
#include "vault/opener.h"

namespace carnet::projector_service {
namespace {

using Base = v1::DeliveryService::WithRawCallbackMethod_ListUnusableDeliveries<
    v1::DeliveryService::WithRawCallbackMethod_GetUnusableDelivery<v1::DeliveryService::Service>>;

// For a call without a deadline.
constexpr absl::Duration kLongestSearch = absl::Minutes(5);

absl::Status Unknown() {
  return Error(absl::StatusCode::kNotFound, "CHANGE_UNKNOWN",
               "there is no delivery that is a dead letter with that id", "change_id");
}

// The body, from its opened pieces; false: a piece can't be read any more.
bool JoinPieces(const v1::UnusableDelivery& delivery, std::string* body) {
  std::string text;
  for (const v1::Personal& piece : delivery.pieces()) {
    if (!piece.has_plain()) return false;
    text += piece.plain();
  }
  return absl::Base64Unescape(text, body);
}

class DeliveryServiceImpl final : public Base {
 public:
  DeliveryServiceImpl(Moments* moments, event_log::EventLog* log, const vault::Opener* opener)
      : moments_(moments), log_(log), opener_(opener) {}

  grpc::ServerUnaryReactor* ListUnusableDeliveries(grpc::CallbackServerContext* context,
                                                   const grpc::ByteBuffer* in,
                                                   grpc::ByteBuffer* out) override {
    using Request = v1::ListUnusableDeliveriesRequest;
    using Response = v1::ListUnusableDeliveriesResponse;
    return StartRead<Request, Response>(
        moments_, context, in, out,
        [](const Request& request) { return query::CheckMerchant(request.merchant(), "merchant"); },
        [this](const Moments::Moment& moment, const Request& request, Response* response) {
          v1::ListDeadLettersRequest wanted;
          wanted.set_merchant(request.merchant());
          wanted.set_page_size(request.page_size());
          wanted.set_page_token(request.page_token());
          v1::ListDeadLettersResponse page;
          absl::Status status =
              query::ListDeadLetters(moments_->WithGeneration(moment), wanted, &page);
          response->mutable_dead_letters()->Swap(page.mutable_dead_letters());
          response->set_next_page_token(page.next_page_token());
          return status;
        });
  }

  grpc::ServerUnaryReactor* GetUnusableDelivery(grpc::CallbackServerContext* context,
                                                const grpc::ByteBuffer* in,
                                                grpc::ByteBuffer* out) override {
    using Request = v1::GetUnusableDeliveryRequest;
    using Response = v1::GetUnusableDeliveryResponse;
    return runtime::StartUnary<Request, Response>(
        moments_->guard(), context, in, out,
        [this](const Request& request, Response* response, const runtime::CallInfo& call,
               runtime::Done done) {
          const auto merchant = query::CheckMerchant(request.merchant(), "merchant");
          if (!merchant.ok()) return done(merchant.status());
          const auto id = Uuid::Parse(request.change_id());
          if (!id) {
            return done(Error(absl::StatusCode::kInvalidArgument, domain::reason::kIdMissing,
                              "give the change's id, a UUID", "change_id"));
          }
          const absl::Time deadline = std::min(call.deadline(), absl::Now() + kLongestSearch);
          moments_->With(request, moments_->PartitionOf(*merchant), call.deadline(),
                         [this, response, done, deadline, id = *id, name = std::string(*merchant)](
                             const absl::StatusOr<Moments::Moment>& moment) {
                           if (!moment.ok()) return done(moment.status());
                           // It reads the log: not in a thread that answers others.
                           slow_.Post([=, this, at = *moment] {
                             done(Find(at, name, id, deadline, response));
                           });
                         });
        });
  }

 private:
  absl::Status Find(const Moments::Moment& moment, const std::string& merchant, const Uuid& id,
                    absl::Time deadline, v1::GetUnusableDeliveryResponse* response) const {
    log::v1::ChangeRow row;
    log::v1::DeadLetterRow letter;
    if (!domain::GetRow(*moment.snapshot, domain::Family::kChanges, domain::ChangeKey(merchant, id),
                        &row) ||
        row.dead_letter() == 0 ||
        !domain::GetRow(*moment.snapshot, domain::Family::kDeadLetters,
                        domain::DeadLetterKey(merchant, row.dead_letter()), &letter)) {
      return Unknown();
    }
    auto change = FindInLog(log_, moment.view.partition, merchant, std::string(id.bytes()),
                            letter.content_hash(), letter.recorded_at_micros(), deadline);
    if (!change.ok()) return change.status();
    if (!change->body().has_unusable_delivery()) return Unknown();
    const Uuid sealed_for = domain::SealedFor(*change);
    absl::Status opened = opener_->Open(merchant, sealed_for, change->mutable_body());
    if (!opened.ok()) return opened;
    query::FillDeadLetter(letter, response->mutable_dead_letter());
    response->set_channel(change->channel());
    response->set_source(change->source());
    response->set_topic(change->body().unusable_delivery().topic());
    response->set_body_gone(
        !JoinPieces(change->body().unusable_delivery(), response->mutable_body()));
    return absl::OkStatus();
  }

  Moments* const moments_;
  event_log::EventLog* const log_;
  const vault::Opener* const opener_;
  runtime::Worker slow_;  // last: ends first
};

}  // namespace

std::unique_ptr<grpc::Service> MakeDeliveryService(Moments* moments, event_log::EventLog* log,
                                                   const vault::Opener* opener) {
  return std::make_unique<DeliveryServiceImpl>(moments, log, opener);
}

}  // namespace carnet::projector_service
