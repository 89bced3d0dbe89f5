#include "projector/admin_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/error.h"
#include "base/uuid.h"
#include "carnet/log/v1/log.pb.h"
#include "carnet/v1/admin_service.grpc.pb.h"
#include "domain/fold.h"
#include "event_log/event_log.h"
#include "projection/projector.h"
#include "projector/moments.h"
#include "projector/reads.h"
#include "query/dead_letters.h"
#include "query/names.h"
#include "query/timestamps.h"

namespace carnet::projector_service {
namespace {

using Base = v1::AdminService::WithRawCallbackMethod_GetStatus<
    v1::AdminService::WithRawCallbackMethod_ResumePartition<
        v1::AdminService::WithRawCallbackMethod_QuarantineRecord<
            v1::AdminService::WithRawCallbackMethod_ListQuarantinedRecords<
                v1::AdminService::WithRawCallbackMethod_ListDeadLetters<
                    v1::AdminService::Service>>>>>;

constexpr size_t kLongestNote = 500;

std::string IdText(const std::string& bytes) {
  const auto id = Uuid::FromBytes(bytes);
  return id ? id->ToString() : std::string();
}

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
  if (progress.stopped_at) {
    v1::RecordPlace* const place = status->mutable_stopped_at();
    place->set_partition(progress.partition);
    place->set_offset(progress.stopped_at->offset);
    place->set_record_hash(absl::BytesToHexString(progress.stopped_at->record_hash));
    place->set_merchant(progress.stopped_at->merchant);
    place->set_change_id(IdText(progress.stopped_at->change_id));
  }
  status->set_applied(progress.applied);
  status->set_duplicates(progress.duplicates);
  status->set_rejected(progress.rejected);
  status->set_dead_letters(progress.dead_letters);
}

void FillQuarantined(const log::v1::QuarantineEntry& entry, v1::QuarantinedRecord* record) {
  v1::RecordPlace* const place = record->mutable_record();
  place->set_partition(entry.partition());
  place->set_offset(entry.offset());
  place->set_record_hash(absl::BytesToHexString(entry.record_hash()));
  place->set_merchant(entry.merchant());
  place->set_change_id(IdText(entry.change_id()));
  record->set_note(entry.note());
  record->set_actor(entry.actor());
  query::SetTimestamp(entry.decided_at_micros(), record->mutable_decided_at());
}

class AdminServiceImpl final : public Base {
 public:
  AdminServiceImpl(Moments* moments, projection::Projector* projector, event_log::EventLog* log,
                   ProcessFacts facts)
      : moments_(moments),
        guard_(moments->guard()),
        projector_(projector),
        log_(log),
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

  grpc::ServerUnaryReactor* ResumePartition(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* in,
                                            grpc::ByteBuffer* out) override {
    return runtime::StartUnary<v1::ResumePartitionRequest, v1::ResumePartitionResponse>(
        guard_, context, in, out,
        [this](const v1::ResumePartitionRequest& request, v1::ResumePartitionResponse*,
               const runtime::CallInfo&,
               runtime::Done done) { projector_->Resume(request.partition(), done); });
  }

  grpc::ServerUnaryReactor* QuarantineRecord(grpc::CallbackServerContext* context,
                                             const grpc::ByteBuffer* in,
                                             grpc::ByteBuffer* out) override {
    return runtime::StartUnary<v1::QuarantineRecordRequest, v1::QuarantineRecordResponse>(
        guard_, context, in, out,
        [this](const v1::QuarantineRecordRequest& request, v1::QuarantineRecordResponse* response,
               const runtime::CallInfo& call, runtime::Done done) {
          const auto entry = Quarantine(request, call.caller().key_id);
          if (!entry.ok()) return done(entry.status());
          FillQuarantined(*entry, response->mutable_quarantined());
          projector_->Resume(request.partition(), done);
        });
  }

  grpc::ServerUnaryReactor* ListQuarantinedRecords(grpc::CallbackServerContext* context,
                                                   const grpc::ByteBuffer* in,
                                                   grpc::ByteBuffer* out) override {
    return runtime::StartUnary<v1::ListQuarantinedRecordsRequest,
                               v1::ListQuarantinedRecordsResponse>(
        guard_, context, in, out,
        [this](const v1::ListQuarantinedRecordsRequest&,
               v1::ListQuarantinedRecordsResponse* response, const runtime::CallInfo&,
               runtime::Done done) {
          for (int32_t p = 0; p < log_->identity().partition_count; ++p) {
            const auto entries = log_->Quarantined(p);
            if (!entries.ok()) return done(entries.status());
            for (const auto& entry : *entries) FillQuarantined(entry, response->add_records());
          }
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
  // Keeps the decision with the log; what was decided before is found again.
  absl::StatusOr<log::v1::QuarantineEntry> Quarantine(const v1::QuarantineRecordRequest& request,
                                                      const std::string& actor) {
    if (request.note().size() > kLongestNote) {
      return Error(absl::StatusCode::kInvalidArgument, "VALUE_TOO_LONG",
                   "a note has at most 500 bytes", "note");
    }
    const std::string hash = absl::HexStringToBytes(request.record_hash());
    const auto earlier = log_->Quarantined(request.partition());
    if (!earlier.ok()) return earlier.status();
    for (const auto& entry : *earlier) {
      if (entry.offset() == request.offset() && entry.record_hash() == hash) return entry;
    }
    for (const auto& progress : projector_->progress()) {
      if (progress.partition != request.partition()) continue;
      const auto& at = progress.stopped_at;
      if (!at || at->offset != request.offset() || at->record_hash != hash) {
        return Error(absl::StatusCode::kFailedPrecondition, "NOT_STOPPED_AT_RECORD",
                     "the partition is not stopped at that record: `carnet admin stops` says at "
                     "which it is, and that one's hash");
      }
      log::v1::QuarantineEntry entry;
      entry.set_log_id(std::string(log_->identity().log_id.bytes()));
      entry.set_partition(request.partition());
      entry.set_offset(request.offset());
      entry.set_record_hash(hash);
      entry.set_merchant(at->merchant);
      entry.set_change_id(at->change_id);
      entry.set_note(request.note());
      entry.set_actor(actor);
      entry.set_decided_at_micros(absl::ToUnixMicros(absl::Now()));
      if (absl::Status status = log_->AddToQuarantine(entry); !status.ok()) return status;
      return entry;
    }
    return Error(absl::StatusCode::kUnavailable, "PARTITION_NOT_SERVED",
                 absl::StrCat("partition ", request.partition(), " is not served here"));
  }

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
  event_log::EventLog* const log_;
  const ProcessFacts facts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAdminService(Moments* moments, projection::Projector* projector,
                                                event_log::EventLog* log, ProcessFacts facts) {
  return std::make_unique<AdminServiceImpl>(moments, projector, log, std::move(facts));
}

}  // namespace carnet::projector_service
