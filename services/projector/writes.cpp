#include "projector/writes.h"

#include <memory>

#include "absl/time/clock.h"

#include "base/error.h"
#include "base/uuid.h"
#include "carnet/v1/customer_service.pb.h"

namespace carnet::projector_service {
namespace {

constexpr absl::Duration kDefaultWriteWait = absl::Seconds(10);

absl::StatusCode CodeOf(const std::string& reason) {
  if (reason == "ETAG_CHANGED") return absl::StatusCode::kAborted;
  if (reason == "NOT_FOUND") return absl::StatusCode::kNotFound;
  if (reason == "VALUE_TAKEN") return absl::StatusCode::kAlreadyExists;
  return absl::StatusCode::kFailedPrecondition;
}

}  // namespace

Write WriteOf(std::string merchant, const std::string& request_id, const v1::Writer& writer) {
  return {.merchant = std::move(merchant),
          .request_id = request_id,
          .channel = writer.channel(),
          .source = writer.source(),
          .actor = writer.actor()};
}

v1::Change MakeChange(const Write& write) {
  v1::Change change;
  change.set_id(write.request_id.empty() ? Uuid::Random().ToString() : write.request_id);
  change.set_merchant(write.merchant);
  change.set_channel(write.channel.empty() ? "back-office" : write.channel);
  change.set_source(write.source.empty() ? "api" : write.source);
  change.set_actor(write.actor);
  change.set_intent(v1::INTENT_REQUEST);
  return change;
}

absl::Status StatusOf(const v1::Outcome& outcome) {
  const bool repeated = outcome.status() == v1::OUTCOME_STATUS_DUPLICATE;
  const v1::OutcomeStatus status = repeated ? outcome.first_status() : outcome.status();
  if (status == v1::OUTCOME_STATUS_APPLIED) return absl::OkStatus();
  const absl::StatusCode code = status == v1::OUTCOME_STATUS_DEAD_LETTER
                                    ? absl::StatusCode::kInvalidArgument
                                    : CodeOf(outcome.reason());
  absl::Status error = Error(code, outcome.reason(), outcome.detail());
  for (const auto& violation : outcome.violations()) {
    AddFieldViolation(violation.field(), violation.detail(), &error);
  }
  return error;
}

void PublishThen(const PublishChanges& publish, Moments* moments, v1::Change change,
                 const runtime::CallInfo& call, runtime::Done done, Then then) {
  PublishThenEnd(
      publish, moments, std::move(change), call, done,
      [then = std::move(then)](const v1::PublishResponse& answer, const Moments::Moment& moment,
                               runtime::Done end) { end(then(answer, moment)); });
}

void PublishThenEnd(const PublishChanges& publish, Moments* moments, v1::Change change,
                    const runtime::CallInfo& call, runtime::Done done, ThenEnd then) {
  absl::Time deadline = call.deadline();
  if (!publish) {
    return done(Error(absl::StatusCode::kUnavailable, "NO_GATEWAY",
                      "this process takes no changes: write through one with the gateway role"));
  }
  if (deadline == absl::InfiniteFuture()) deadline = absl::Now() + kDefaultWriteWait;
  const int32_t partition = moments->PartitionOf(change.merchant());
  std::vector<v1::Change> changes;
  changes.push_back(std::move(change));
  publish(call.caller(), std::move(changes), deadline,
          [moments, deadline, partition, done, then = std::move(then)](const Published& all) {
            const auto& published = all.front();
            if (!published.ok()) return done(published.status());
            if (absl::Status refused = StatusOf(published->outcome()); !refused.ok())
              return done(std::move(refused));
            // The views are there already: the outcome was read from them.
            v1::GetCustomerRequest at;
            *at.mutable_min_position() = published->token();
            moments->With(
                at, partition, deadline,
                [answer = *published, done, then](const absl::StatusOr<Moments::Moment>& moment) {
                  if (!moment.ok()) return done(moment.status());
                  then(answer, *moment, done);
                });
          });
}

}  // namespace carnet::projector_service
