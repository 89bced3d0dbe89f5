#include "projector/outcome_service.h"

#include <string>

#include "base/error.h"
#include "base/uuid.h"
#include "carnet/log/v1/log.pb.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "domain/fold.h"
#include "domain/reasons.h"
#include "projector/reads.h"
#include "query/names.h"

namespace carnet::projector_service {
namespace {

using Base = v1::ChangeService::WithRawCallbackMethod_GetOutcome<v1::ChangeService::Service>;
using Request = v1::GetOutcomeRequest;
using Response = v1::GetOutcomeResponse;

absl::Status FindOutcome(const Moments::Moment& moment, const Request& request,
                         Response* response) {
  const auto id = Uuid::Parse(request.change_id());
  if (!id) {
    return Error(absl::StatusCode::kInvalidArgument, domain::reason::kIdMissing,
                 "give the change's id, a UUID", "change_id");
  }
  query::SetPosition(moment.view, response->mutable_position());
  bool found = false;
  if (request.has_publication()) {
    log::v1::Change what;
    what.set_id(std::string(id->bytes()));
    what.set_merchant(request.merchant());
    what.set_content_hash(request.publication().content_hash());
    what.set_recorded_at_micros(request.publication().recorded_at_micros());
    found = domain::ReadOutcomeOf(*moment.snapshot, what, response->mutable_outcome());
  } else {
    found =
        domain::ReadOutcome(*moment.snapshot, request.merchant(), *id, response->mutable_outcome());
  }
  if (found) return absl::OkStatus();
  return Error(absl::StatusCode::kNotFound, "CHANGE_UNKNOWN",
               "no change with that id is in the views: was it published, and does min_position "
               "say as of when?");
}

class OutcomeServiceImpl final : public Base {
 public:
  explicit OutcomeServiceImpl(Moments* moments) : moments_(moments) {}

  grpc::ServerUnaryReactor* GetOutcome(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    return StartRead<Request, Response>(
        moments_, context, in, out,
        [](const Request& request) { return query::CheckMerchant(request.merchant(), "merchant"); },
        &FindOutcome);
  }

 private:
  Moments* const moments_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeOutcomeService(Moments* moments) {
  return std::make_unique<OutcomeServiceImpl>(moments);
}

}  // namespace carnet::projector_service
