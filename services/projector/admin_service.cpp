#include "projector/admin_service.h"

#include <algorithm>
#include <utility>

#include "carnet/v1/admin_service.grpc.pb.h"
#include "domain/fold.h"
#include "projection/projector.h"
#include "projector/moments.h"
#include "projector/reads.h"
#include "query/dead_letters.h"
#include "query/names.h"
#include "query/timestamps.h"

namespace carnet::projector_service {
namespace {

using Base = v1::AdminService::WithRawCallbackMethod_GetStatus<
    v1::AdminService::WithRawCallbackMethod_ListDeadLetters<v1::AdminService::Service>>;

void FillPartition(const projection::PartitionProgress& progress, v1::PartitionStatus* status) {
  status->set_partition(progress.partition);
  status->set_position(progress.position);
  status->set_end(progress.end);
  status->set_lag(std::max<int64_t>(progress.end - progress.position, 0));
  status->set_generation(progress.generation);
  status->set_state(progress.stopped_because.empty() ? v1::PARTITION_STATE_FOLDING
                                                     : v1::PARTITION_STATE_STOPPED);
  status->set_stopped_because(progress.stopped_because);
  status->set_log_trouble(progress.log_trouble);
  status->set_applied(progress.applied);
  status->set_duplicates(progress.duplicates);
  status->set_rejected(progress.rejected);
  status->set_dead_letters(progress.dead_letters);
}

class AdminServiceImpl final : public Base {
 public:
  AdminServiceImpl(Moments* moments, projection::Projector* projector, ProcessFacts facts)
      : moments_(moments),
        guard_(moments->guard()),
        projector_(projector),
        facts_(std::move(facts)) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    return runtime::StartUnary<v1::GetStatusRequest, v1::GetStatusResponse>(
        guard_, context, in, out,
        [this](const v1::GetStatusRequest&, v1::GetStatusResponse* response,
               const runtime::CallInfo&, runtime::Done done) {
          response->set_version(facts_.version);
          for (const std::string& role : facts_.roles) response->add_roles(role);
          response->set_log(facts_.log);
          response->set_log_kind(facts_.log_kind);
          for (const auto& progress : projector_->progress()) {
            FillPartition(progress, response->add_partitions());
          }
          response->set_rules_version(domain::kRulesVersion);
          query::SetTimestamp(absl::ToUnixMicros(facts_.started_at),
                              response->mutable_started_at());
          done(absl::OkStatus());
        });
  }

  grpc::ServerUnaryReactor* ListDeadLetters(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* in,
                                            grpc::ByteBuffer* out) override {
    return runtime::StartUnary<v1::ListDeadLettersRequest, v1::ListDeadLettersResponse>(
        guard_, context, in, out,
        [this](const v1::ListDeadLettersRequest& request, v1::ListDeadLettersResponse* response,
               const runtime::CallInfo& call, runtime::Done done) {
          if (request.merchant().empty()) {
            return ListUntrusted(request, response, call.deadline(), done);
          }
          const auto merchant = query::CheckMerchant(request.merchant(), "merchant");
          if (!merchant.ok()) return done(merchant.status());
          moments_->With(
              request, moments_->PartitionOf(*merchant), call.deadline(),
              [this, &request, response, done](const absl::StatusOr<Moments::Moment>& moment) {
                done(moment.ok() ? query::ListDeadLetters(moments_->WithGeneration(*moment),
                                                          request, response)
                                 : moment.status());
              });
        });
  }

 private:
  // From all partitions here; min_position holds back the one it is of.
  void ListUntrusted(const v1::ListDeadLettersRequest& request,
                     v1::ListDeadLettersResponse* response, absl::Time deadline,
                     runtime::Done done) {
    std::vector<int32_t> partitions = moments_->partitions();
    std::sort(partitions.begin(), partitions.end());
    const int32_t waited_for =
        request.has_min_position() ? request.min_position().partition() : partitions.front();
    moments_->With(request, waited_for, deadline,
                   [this, &request, response, done,
                    partitions](const absl::StatusOr<Moments::Moment>& reached) {
                     if (!reached.ok()) return done(reached.status());
                     std::vector<Moments::Moment> moments;
                     for (int32_t partition : partitions) {
                       auto moment = moments_->Now(partition);
                       if (!moment.ok()) return done(moment.status());
                       moments.push_back(*std::move(moment));
                     }
                     std::vector<query::View> views;
                     for (const auto& moment : moments) views.push_back(moment.view);
                     done(query::ListUntrusted(views, request, response));
                   });
  }

  Moments* const moments_;
  runtime::Guard* const guard_;
  projection::Projector* const projector_;
  const ProcessFacts facts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAdminService(Moments* moments, projection::Projector* projector,
                                                ProcessFacts facts) {
  return std::make_unique<AdminServiceImpl>(moments, projector, std::move(facts));
}

}  // namespace carnet::projector_service
