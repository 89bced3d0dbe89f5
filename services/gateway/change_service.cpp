#include "gateway/change_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/rpc/status.pb.h"

#include "base/error.h"
#include "base/partition.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "domain/fold.h"
#include "domain/form.h"
#include "domain/reasons.h"
#include "gateway/batch_request.h"
#include "gateway/projectors.h"
#include "gateway/results.h"
#include "query/view.h"
#include "runtime/bidi_stream.h"
#include "runtime/unary.h"

namespace carnet::gateway {
namespace {

using runtime::CallInfo;
using runtime::Done;

using SnapshotOr = absl::StatusOr<std::shared_ptr<const view_store::Snapshot>>;

using Base = v1::ChangeService::WithRawCallbackMethod_Publish<
    v1::ChangeService::WithRawCallbackMethod_PublishBatch<
        v1::ChangeService::WithRawCallbackMethod_GetOutcome<v1::ChangeService::Service>>>;

// A unary call's single change.
class OneChange final : public Publication {
 public:
  OneChange(const Publisher& publisher, runtime::ByteBudget* budget, v1::PublishResponse* response,
            Done done)
      : publisher_(publisher), budget_(budget), response_(response), done_(done) {}
  ~OneChange() override { budget_->Give(taken_); }

  // False: no room.
  bool TakeRoom() {
    const size_t wanted = bytes();
    if (!budget_->TryTake(wanted)) return false;
    taken_ = wanted;
    return true;
  }

  void Answer() override {
    const Change& change = changes.front();
    if (!change.offset.ok()) return done_(change.offset.status());
    publisher_.SetToken(change.prepared.partition, *change.offset, response_->mutable_token());
    if (wait) response_->mutable_outcome()->Swap(&outcomes.front());
    done_(absl::OkStatus());
  }

 private:
  const Publisher& publisher_;
  runtime::ByteBudget* const budget_;
  size_t taken_ = 0;
  v1::PublishResponse* const response_;
  const Done done_;
};

// The changes of one message of a stream.
class ManyChanges final : public Publication {
 public:
  ManyChanges(const Publisher& publisher, v1::PublishBatchResponse* response, Done done)
      : publisher_(publisher), response_(response), done_(done) {}

  void Answer() override {
    AddResults(publisher_, this, response_);
    done_(absl::OkStatus());
  }

 private:
  const Publisher& publisher_;
  v1::PublishBatchResponse* const response_;
  const Done done_;
};

}  // namespace

class ChangeService::Impl final : public Base {
 public:
  explicit Impl(const Parts& parts)
      : projector_(parts.projector),
        projectors_(parts.projectors),
        publisher_(parts.publisher),
        budget_(parts.budget),
        guard_(parts.guard),
        log_id_(parts.log->identity().log_id.ToString()),
        partition_count_(parts.log->identity().partition_count) {}

  grpc::ServerUnaryReactor* Publish(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    return runtime::StartUnary<v1::PublishRequest, v1::PublishResponse>(
        guard_, context, in, out,
        [this](v1::PublishRequest& request, v1::PublishResponse* response, const CallInfo& call,
               Done done) { PublishOne(request, response, call, done); });
  }

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* PublishBatch(
      grpc::CallbackServerContext* context) override {
    return runtime::StartBidiStream<v1::PublishBatchResponse>(
        guard_, context, runtime::BidiWindow{.budget = budget_},
        [this](const grpc::ByteBuffer& bytes, v1::PublishBatchResponse* response,
               const CallInfo& call, Done done) { PublishMany(bytes, response, call, done); });
  }

  grpc::ServerUnaryReactor* GetOutcome(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    return runtime::StartUnary<v1::GetOutcomeRequest, v1::GetOutcomeResponse>(
        guard_, context, in, out,
        [this](const v1::GetOutcomeRequest& request, v1::GetOutcomeResponse* response,
               const CallInfo& call, Done done) { FindOutcome(request, response, call, done); });
  }

 private:
  void PublishOne(v1::PublishRequest& request, v1::PublishResponse* response, const CallInfo& call,
                  Done done) {
    const auto& unknown = request.GetReflection()->GetUnknownFields(request);
    if (!unknown.empty()) {
      return done(Error(absl::StatusCode::kInvalidArgument, domain::reason::kUnknownField,
                        absl::StrCat("field number ", unknown.field(0).number(),
                                     " is not known to this version")));
    }
    auto publication = std::make_unique<OneChange>(*publisher_, budget_, response, done);
    publication->wait = request.wait();
    publication->deadline = call.deadline();
    publisher_->Add(call.caller(), request.mutable_change(), publication.get());
    if (!publication->TakeRoom()) {
      return done(Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_IN_FLIGHT",
                        "more changes are being written than this gateway holds at once: send this "
                        "one again later"));
    }
    publisher_->Publish(std::move(publication));
  }

  void PublishMany(const grpc::ByteBuffer& bytes, v1::PublishBatchResponse* response,
                   const CallInfo& call, Done done) {
    BatchRequest batch;
    batch.message =
        google::protobuf::Arena::CreateMessage<v1::PublishBatchRequest>(response->GetArena());
    if (absl::Status status = ReadBatch(bytes, &batch); !status.ok())
      return done(std::move(status));
    auto publication = std::make_unique<ManyChanges>(*publisher_, response, done);
    publication->wait = batch.message->wait();
    publication->deadline = call.deadline();
    publication->changes.reserve(static_cast<size_t>(batch.message->changes_size()));
    auto unreadable = batch.unreadable.begin();
    for (int i = 0; i < batch.message->changes_size(); ++i) {
      if (unreadable != batch.unreadable.end() && unreadable->first == i) {
        publisher_->Refuse(std::move(unreadable->second), publication.get());
        ++unreadable;
      } else {
        publisher_->Add(call.caller(), batch.message->mutable_changes(i), publication.get());
      }
    }
    publisher_->Publish(std::move(publication));
  }

  void FindOutcome(const v1::GetOutcomeRequest& request, v1::GetOutcomeResponse* response,
                   const CallInfo& call, Done done) {
    if (!domain::IsName(request.merchant())) {
      return done(Error(absl::StatusCode::kInvalidArgument, domain::reason::kNameMalformed,
                        "give the merchant whose change it is", "merchant"));
    }
    const auto id = Uuid::Parse(request.change_id());
    if (!id) {
      return done(Error(absl::StatusCode::kInvalidArgument, domain::reason::kIdMissing,
                        "give the change's id, a UUID", "change_id"));
    }
    const int32_t partition = PartitionOf(request.merchant(), partition_count_);
    const auto wanted =
        query::WantedOffset(request.has_min_position(), request.min_position(), log_id_, partition);
    if (!wanted.ok()) return done(wanted.status());
    if (projectors_ != nullptr) {
      const absl::Time until =
          call.deadline() == absl::InfiniteFuture() ? absl::Now() + kDefaultWait : call.deadline();
      return projectors_->GetOutcome(request, until, [response, done](Projectors::Outcome outcome) {
        if (outcome.ok()) response->CopyFrom(*outcome);
        done(outcome.status());
      });
    }
    if (projector_ == nullptr) {
      return done(Error(absl::StatusCode::kUnavailable, "PARTITION_NOT_SERVED",
                        "this process folds nothing, so it knows no outcomes: ask a projector"));
    }
    const absl::Time deadline =
        call.deadline() == absl::InfiniteFuture() ? absl::Now() + kDefaultWait : call.deadline();
    const auto answer = [this, &request, response, partition, id = *id,
                         done](const SnapshotOr& snapshot) {
      if (!snapshot.ok()) return done(snapshot.status());
      query::SetPosition({.snapshot = snapshot->get(), .log_id = log_id_, .partition = partition},
                         response->mutable_position());
      if (!domain::ReadOutcome(**snapshot, request.merchant(), id, response->mutable_outcome())) {
        return done(
            Error(absl::StatusCode::kNotFound, "CHANGE_UNKNOWN",
                  "no change with that id is in the views: was it published, and does min_position "
                  "say as of when?"));
      }
      done(absl::OkStatus());
    };
    if (*wanted == 0) return answer(projector_->snapshot(partition));
    projector_->WhenAt(partition, *wanted, deadline, [this, answer](SnapshotOr snapshot) {
      publisher_->PostRead([answer, snapshot = std::move(snapshot)] { answer(snapshot); });
    });
  }

  projection::Projector* const projector_;
  Projectors* const projectors_;
  Publisher* const publisher_;
  runtime::ByteBudget* const budget_;
  runtime::Guard* const guard_;
  const std::string log_id_;  // as text
  const int32_t partition_count_;
};

ChangeService::ChangeService(const Parts& parts) : impl_(std::make_unique<Impl>(parts)) {}

ChangeService::~ChangeService() = default;

grpc::Service* ChangeService::service() { return impl_.get(); }

}  // namespace carnet::gateway
