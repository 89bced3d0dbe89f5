#include "gateway/projectors.h"

#include <algorithm>
#include <fstream>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include <grpcpp/grpcpp.h>

#include "base/error.h"
#include "base/partition.h"
#include "carnet/v1/admin_service.grpc.pb.h"
#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/policy_service.grpc.pb.h"
#include "runtime/grpc_status.h"

namespace carnet::gateway {
namespace {

constexpr absl::Duration kAskEvery = absl::Milliseconds(250);
constexpr absl::Duration kAskTimeout = absl::Seconds(2);
// Replicas that are no further behind the furthest share the reads.
constexpr int64_t kAboutAsFar = 1000;

const v1::PartitionStatus* Find(const v1::GetStatusResponse& status, int32_t partition) {
  for (const v1::PartitionStatus& one : status.partitions()) {
    if (one.partition() == partition) return &one;
  }
  return nullptr;
}

// Whether another one may be asked instead. Without a reason it is the connection that failed.
bool IsGone(const absl::Status& status) {
  return absl::IsUnavailable(status) && ReasonOf(status).empty();
}

void Authorize(const std::string& authorization, grpc::ClientContext* context) {
  if (!authorization.empty()) context->AddMetadata("authorization", authorization);
}

struct OutcomeQuestion {
  using Service = v1::ChangeService;
  using Request = v1::GetOutcomeRequest;
  using Response = v1::GetOutcomeResponse;
  static void Start(Service::Stub* stub, grpc::ClientContext* context, const Request* request,
                    Response* response, std::function<void(grpc::Status)> answered) {
    stub->async()->GetOutcome(context, request, response, std::move(answered));
  }
};

struct PolicyQuestion {
  using Service = v1::PolicyService;
  using Request = v1::GetPolicyRequest;
  using Response = v1::GetPolicyResponse;
  static void Start(Service::Stub* stub, grpc::ClientContext* context, const Request* request,
                    Response* response, std::function<void(grpc::Status)> answered) {
    stub->async()->GetPolicy(context, request, response, std::move(answered));
  }
};

// One question on its way from projector to projector.
template <typename Question>
struct Asking {
  using Answer = absl::StatusOr<typename Question::Response>;

  typename Question::Request request;
  std::string authorization;
  absl::Time deadline;
  std::function<void(Answer)> done;
  std::vector<std::shared_ptr<grpc::Channel>> left;  // the next one last

  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<typename Question::Service::Stub> stub;
  typename Question::Response response;

  // `nobody`: the answer where there is no projector to ask.
  static void Begin(const typename Question::Request& request, std::string authorization,
                    std::vector<std::shared_ptr<grpc::Channel>> channels, absl::Time deadline,
                    absl::Status nobody, std::function<void(Answer)> done) {
    auto asking = std::make_unique<Asking>();
    asking->request = request;
    asking->authorization = std::move(authorization);
    asking->deadline = deadline;
    asking->done = std::move(done);
    asking->left = std::move(channels);
    std::reverse(asking->left.begin(), asking->left.end());
    Next(std::move(asking), std::move(nobody));
  }

  static void Next(std::unique_ptr<Asking> self, absl::Status last) {
    if (self->left.empty()) return self->done(std::move(last));
    Asking* const asking = self.release();
    asking->stub = Question::Service::NewStub(asking->left.back());
    asking->left.pop_back();
    asking->context = std::make_unique<grpc::ClientContext>();
    asking->context->set_deadline(absl::ToChronoTime(asking->deadline));
    Authorize(asking->authorization, asking->context.get());
    Question::Start(asking->stub.get(), asking->context.get(), &asking->request, &asking->response,
                    [asking](const grpc::Status& answered) {
                      Answered(std::unique_ptr<Asking>(asking), answered);
                    });
  }

  static void Answered(std::unique_ptr<Asking> self, const grpc::Status& answered) {
    if (answered.ok()) return self->done(std::move(self->response));
    absl::Status status = runtime::FromGrpcStatus(answered);
    if (IsGone(status)) return Next(std::move(self), std::move(status));
    self->done(std::move(status));
  }
};

}  // namespace

Projectors::Projectors(event_log::EventLog* log, const ProjectorAddresses& where)
    : log_(log),
      log_id_(log->identity().log_id.ToString()),
      api_key_file_(where.api_key_file),
      ends_(static_cast<size_t>(log->identity().partition_count)),
      positions_(ends_.size()) {
  grpc::ChannelArguments arguments;
  // A projector that comes back is found within a second.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  const auto credentials = runtime::ChannelCredentialsOf(where.tls);
  for (const std::string& address : where.addresses) {
    auto projector = std::make_unique<Projector>();
    projector->address = address;
    projector->channel = grpc::CreateCustomChannel(address, credentials, arguments);
    projectors_.push_back(std::move(projector));
  }
  ReadApiKey();
  for (const auto& projector : projectors_) {
    projector->asking = std::thread([this, one = projector.get()] { Ask(one); });
  }
  watching_ends_ = std::thread([this] { WatchEnds(); });
}

Projectors::~Projectors() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_requested_.notify_all();
  for (const auto& projector : projectors_) projector->asking.join();
  watching_ends_.join();
}

bool Projectors::Pause() {
  std::unique_lock lock(mutex_);
  return !stop_requested_.wait_for(lock, absl::ToChronoNanoseconds(kAskEvery),
                                   [this] { return stopping_; });
}

void Projectors::Ask(Projector* projector) {
  const auto stub = v1::AdminService::NewStub(projector->channel);
  do {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kAskTimeout));
    Authorize(Authorization(), &context);
    v1::GetStatusResponse status;
    const grpc::Status asked = stub->GetStatus(&context, {}, &status);
    const std::lock_guard lock(mutex_);
    if (!asked.ok()) {
      projector->unreachable = asked.error_message();
      continue;
    }
    if (status.log() != log_id_) {
      projector->unreachable = absl::StrCat("it serves the log ", status.log());
      continue;
    }
    projector->unreachable.clear();
    for (const v1::PartitionStatus& one : status.partitions()) {
      const auto partition = static_cast<size_t>(one.partition());
      if (partition >= positions_.size()) continue;
      positions_[partition] = std::max(positions_[partition], one.position());
    }
    projector->status.Swap(&status);
  } while (Pause());
}

void Projectors::WatchEnds() {
  do {
    for (size_t partition = 0; partition < ends_.size(); ++partition) {
      const auto end = log_->EndOffset(static_cast<int32_t>(partition));
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      if (end.ok()) ends_[partition] = *end;
    }
    ReadApiKey();
  } while (Pause());
}

void Projectors::ReadApiKey() {
  if (api_key_file_.empty()) return;
  std::ifstream file(api_key_file_);
  std::string key;
  // One that is being replaced, or is gone, leaves the one before: projectors say if it ends.
  if (!(file >> key)) return;
  const std::lock_guard lock(mutex_);
  authorization_ = absl::StrCat("Bearer ", key);
}

std::string Projectors::Authorization() const {
  const std::lock_guard lock(mutex_);
  return authorization_;
}

int64_t Projectors::Lag(int32_t partition) const {
  const auto index = static_cast<size_t>(partition);
  const std::lock_guard lock(mutex_);
  return std::max<int64_t>(ends_[index] - positions_[index], 0);
}

std::vector<std::shared_ptr<grpc::Channel>> Projectors::For(int32_t partition) {
  struct Candidate {
    bool stopped;
    int64_t behind;
    uint64_t turn;
    const Projector* projector;
    bool operator<(const Candidate& other) const {
      return std::tie(stopped, behind, turn) < std::tie(other.stopped, other.behind, other.turn);
    }
  };
  std::vector<Candidate> candidates;
  const std::lock_guard lock(mutex_);
  ++turn_;
  int64_t furthest = 0;
  for (const auto& projector : projectors_) {
    if (!projector->unreachable.empty()) continue;
    const v1::PartitionStatus* const one = Find(projector->status, partition);
    if (one == nullptr) continue;
    furthest = std::max(furthest, one->position());
    candidates.push_back({.stopped = one->state() == v1::PARTITION_STATE_STOPPED,
                          .behind = one->position(),
                          .turn = (candidates.size() + turn_) % projectors_.size(),
                          .projector = projector.get()});
  }
  for (Candidate& candidate : candidates) {
    candidate.behind = (furthest - candidate.behind) / kAboutAsFar;
  }
  std::sort(candidates.begin(), candidates.end());
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (const Candidate& candidate : candidates) channels.push_back(candidate.projector->channel);
  return channels;
}

absl::Status Projectors::NotServed(int32_t partition) {
  return Error(absl::StatusCode::kUnavailable, "PARTITION_NOT_SERVED",
               absl::StrCat("no projector that answers serves partition ", partition,
                            ": see `carnet status`"));
}

void Projectors::GetOutcome(const v1::GetOutcomeRequest& request, absl::Time deadline,
                            std::function<void(Outcome)> done) {
  const int32_t partition =
      PartitionOf(request.merchant(), static_cast<int32_t>(positions_.size()));
  Asking<OutcomeQuestion>::Begin(request, Authorization(), For(partition), deadline,
                                 NotServed(partition), std::move(done));
}

void Projectors::GetPolicy(const v1::GetPolicyRequest& request, int32_t partition,
                           absl::Time deadline, std::function<void(Policy)> done) {
  Asking<PolicyQuestion>::Begin(request, Authorization(), For(partition), deadline,
                                NotServed(partition), std::move(done));
}

Projectors::Policy Projectors::GetPolicyNow(const v1::GetPolicyRequest& request, int32_t partition,
                                            absl::Time deadline) {
  absl::Status last = NotServed(partition);
  for (const auto& channel : For(partition)) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    Authorize(Authorization(), &context);
    v1::GetPolicyResponse response;
    const grpc::Status answered =
        v1::PolicyService::NewStub(channel)->GetPolicy(&context, request, &response);
    if (answered.ok()) return response;
    last = runtime::FromGrpcStatus(answered);
    if (!IsGone(last)) break;
  }
  return last;
}

void Projectors::FillStatus(v1::GetStatusResponse* status) const {
  std::vector<v1::PartitionStatus> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& projector : projectors_) {
      if (!projector->unreachable.empty()) {
        status->add_unreachable(absl::StrCat(projector->address, ": ", projector->unreachable));
        continue;
      }
      for (const v1::PartitionStatus& one : projector->status.partitions()) {
        all.push_back(one);
        all.back().set_served_by(projector->address);
        const auto index = static_cast<size_t>(one.partition());
        const int64_t end = std::max(one.end(), index < ends_.size() ? ends_[index] : 0);
        all.back().set_end(end);
        all.back().set_lag(std::max<int64_t>(end - one.position(), 0));
      }
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const v1::PartitionStatus& one, const v1::PartitionStatus& other) {
                     return one.partition() < other.partition();
                   });
  for (v1::PartitionStatus& one : all) status->add_partitions()->Swap(&one);
}

}  // namespace carnet::gateway
