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
#include "query/timestamps.h"
#include "runtime/worker.h"
#include "vault/opener.h"

namespace carnet::projector_service {
namespace {

using Base = v1::DeliveryService::WithRawCallbackMethod_ListUnusableDeliveries<
    v1::DeliveryService::WithRawCallbackMethod_GetUnusableDelivery<
        v1::DeliveryService::WithRawCallbackMethod_GetDelivery<v1::DeliveryService::Service>>>;

// For a call without a deadline.
constexpr absl::Duration kLongestSearch = absl::Minutes(5);

absl::Status Unknown() {
  return Error(absl::StatusCode::kNotFound, "CHANGE_UNKNOWN",
               "there is no delivery that is a dead letter with that id", "change_id");
}

absl::Status UnknownChange() {
  return Error(absl::StatusCode::kNotFound, "CHANGE_UNKNOWN", "there is no change with that id",
               "change_id");
}

absl::Status NotKept() {
  return Error(absl::StatusCode::kNotFound, "DELIVERY_UNKNOWN",
               "no delivery was kept with that change: it came by no webhook, or policy keeps none",
               "change_id");
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
    return StartSearch<v1::GetUnusableDeliveryRequest>(context, in, out,
                                                       &DeliveryServiceImpl::FindUnusable);
  }

  grpc::ServerUnaryReactor* GetDelivery(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* in,
                                        grpc::ByteBuffer* out) override {
    return StartSearch<v1::GetDeliveryRequest>(context, in, out,
                                               &DeliveryServiceImpl::FindDelivery);
  }

 private:
  // What is looked for, and until when.
  struct Wanted {
    Moments::Moment moment;
    std::string merchant;
    Uuid id;
    absl::Time deadline;
  };

  // It reads the log: not in a thread that answers others.
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* StartSearch(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* in, grpc::ByteBuffer* out,
      absl::Status (DeliveryServiceImpl::*find)(const Wanted&, Response*) const) {
    return runtime::StartUnary<Request, Response>(
        moments_->guard(), context, in, out,
        [this, find](const Request& request, Response* response, const runtime::CallInfo& call,
                     runtime::Done done) {
          const auto merchant = query::CheckMerchant(request.merchant(), "merchant");
          if (!merchant.ok()) return done(merchant.status());
          const auto id = Uuid::Parse(request.change_id());
          if (!id) {
            return done(Error(absl::StatusCode::kInvalidArgument, domain::reason::kIdMissing,
                              "give the change's id, a UUID", "change_id"));
          }
          const absl::Time deadline = std::min(call.deadline(), absl::Now() + kLongestSearch);
          moments_->With(
              request, moments_->PartitionOf(*merchant), call.deadline(),
              [this, find, response, done, deadline, id = *id,
               name = std::string(*merchant)](const absl::StatusOr<Moments::Moment>& moment) {
                if (!moment.ok()) return done(moment.status());
                slow_.Post([=, this, wanted = Wanted{*moment, name, id, deadline}] {
                  done((this->*find)(wanted, response));
                });
              });
        });
  }

  // The record of a change, as the views tell of it: the one that was applied, or else the newest
  // dead letter.
  absl::StatusOr<log::v1::Change> FindChange(const Wanted& wanted, const Uuid& id) const {
    const domain::Reader& views = *wanted.moment.snapshot;
    log::v1::ChangeRow row;
    log::v1::DeadLetterRow letter;
    if (!domain::GetRow(views, domain::Family::kChanges, domain::ChangeKey(wanted.merchant, id),
                        &row)) {
      return UnknownChange();
    }
    if (row.number() == 0) {
      if (!domain::GetRow(views, domain::Family::kDeadLetters,
                          domain::DeadLetterKey(wanted.merchant, row.dead_letter()), &letter)) {
        return UnknownChange();
      }
      row.set_recorded_at_micros(letter.recorded_at_micros());
    }
    return FindInLog(log_, wanted.moment.view.partition, wanted.merchant, std::string(id.bytes()),
                     row.content_hash(), row.recorded_at_micros(), wanted.deadline);
  }

  absl::Status FindDelivery(const Wanted& wanted, v1::GetDeliveryResponse* response) const {
    Uuid id = wanted.id;
    auto change = FindChange(wanted, id);
    if (change.ok() && !change->delivery().with_change().empty()) {
      id = Uuid::FromBytes(change->delivery().with_change()).value_or(Uuid());
      change = FindChange(wanted, id);
    }
    if (!change.ok()) return change.status();
    if (!change->has_delivery()) return NotKept();
    response->set_channel(change->channel());
    response->set_source(change->source());
    log::v1::DeliveryContent content;
    const auto is_open = opener_->OpenDelivery(wanted.merchant, id, change->delivery(), &content);
    if (!is_open.ok()) return is_open.status();
    response->set_body_gone(!*is_open);
    if (!*is_open) return absl::OkStatus();
    query::SetTimestamp(content.received_at_micros(), response->mutable_received_at());
    response->set_topic(content.topic());
    response->set_url(content.url());
    for (const auto& header : content.headers()) {
      auto* const shown = response->add_headers();
      shown->set_name(header.name());
      shown->set_value(header.value());
    }
    response->set_body(std::move(*content.mutable_body()));
    return absl::OkStatus();
  }

  absl::Status FindUnusable(const Wanted& wanted, v1::GetUnusableDeliveryResponse* response) const {
    const auto& [moment, merchant, id, deadline] = wanted;
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
