#include "gateway/publisher.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "base/error.h"
#include "carnet/log/v1/log.pb.h"
#include "domain/fold.h"
#include "gateway/projectors.h"

namespace carnet::gateway {
namespace {

constexpr char kChangesHelp[] =
    "Published changes: appended (durable), refused (form, rights), shed (views lag), failed "
    "(unknown, or "
    "the vault).";

runtime::Counter ChangesCounter(runtime::Metrics* metrics, const std::string& result) {
  return metrics->AddCounter("carnet_gateway_changes_total", kChangesHelp, {{"result", result}});
}

}  // namespace

size_t Publication::bytes() const {
  size_t bytes = 0;
  for (const Change& change : changes) bytes += change.prepared.record.value.size() + sizeof change;
  return bytes;
}

void Publication::Committed(std::unique_ptr<Commit> self) {
  publisher_->Committed(std::unique_ptr<Publication>(static_cast<Publication*>(self.release())));
}

Publisher::Publisher(const Parts& parts)
    : projector_(parts.projector),
      projectors_(parts.projectors),
      preparer_(parts.preparer),
      committer_(parts.committer),
      lag_gate_(parts.lag_gate),
      guard_(parts.guard),
      log_id_(parts.log->identity().log_id.ToString()),
      appended_(ChangesCounter(parts.metrics, "appended")),
      refused_(ChangesCounter(parts.metrics, "refused")),
      shed_(ChangesCounter(parts.metrics, "shed")),
      failed_(ChangesCounter(parts.metrics, "failed")),
      append_seconds_(parts.metrics->AddSecondsHistogram(
          "carnet_gateway_append_seconds",
          "From a call's changes being prepared to their being durable.")) {}

void Publisher::Add(const access::Grant& caller, v1::Change* change, Publication* publication,
                    Keeping* keeping) {
  Commit::Change& next = publication->changes.emplace_back();
  const bool is_request = change->intent() == v1::INTENT_REQUEST;
  absl::Status status =
      guard_->Authorize(caller, access::FactsOf(*change), "a change", [] { return std::string(); });
  if (status.ok()) {
    status = preparer_->Prepare(change, &next.prepared, &publication->new_keys, keeping);
  }
  if (status.ok() && is_request && lag_gate_->IsLagging(next.prepared.partition)) {
    shed_.Add();
    status = Error(absl::StatusCode::kResourceExhausted, "LAGGING",
                   "the views lag behind the log: requests are not taken until they have caught "
                   "up; facts are");
  } else if (!status.ok()) {
    const bool known = absl::IsInvalidArgument(status) || absl::IsPermissionDenied(status) ||
                       absl::IsUnauthenticated(status);
    (known ? refused_ : failed_).Add();
  }
  if (status.ok()) return;
  next.refused = true;
  next.offset = std::move(status);
}

void Publisher::Keep(const log::v1::DeliveryContent& content, Keeping keeping, size_t first,
                     Publication* publication) const {
  std::vector<PreparedChange*> prepared;
  for (size_t i = first; i < publication->changes.size(); ++i) {
    Commit::Change& change = publication->changes[i];
    if (!change.refused) prepared.push_back(&change.prepared);
  }
  const absl::Status status =
      preparer_->Keep(content, std::move(keeping), prepared, &publication->new_keys);
  if (status.ok()) return;
  for (size_t i = first; i < publication->changes.size(); ++i) {
    Commit::Change& change = publication->changes[i];
    if (change.refused) continue;
    failed_.Add();
    change.refused = true;
    change.offset = status;
  }
}

void Publisher::Refuse(absl::Status why, Publication* publication) {
  refused_.Add();
  Commit::Change& next = publication->changes.emplace_back();
  next.refused = true;
  next.offset = std::move(why);
}

void Publisher::Publish(std::unique_ptr<Publication> publication) {
  const auto& changes = publication->changes;
  if (std::all_of(changes.begin(), changes.end(),
                  [](const auto& change) { return change.refused; })) {
    publication->outcomes.resize(changes.size());
    publication->Answer();
    return;
  }
  publication->publisher_ = this;
  publication->submitted_at_ = absl::Now();
  committer_->Submit(std::move(publication));
}

void Publisher::Committed(std::unique_ptr<Publication> publication) {
  append_seconds_.Observe(absl::ToDoubleSeconds(absl::Now() - publication->submitted_at_));
  int appended = 0;
  int failed = 0;
  for (const Commit::Change& change : publication->changes) {
    if (change.offset.ok()) {
      ++appended;
    } else if (!change.refused) {
      ++failed;
    }
  }
  if (appended > 0) appended_.Add(appended);
  if (failed > 0) failed_.Add(failed);
  if (publication->wait) {
    Await(std::move(publication));
  } else {
    publication->Answer();
  }
}

// A publication of which the partitions are being waited for.
struct Publisher::Waiting {
  struct Part {
    int32_t partition = 0;
    int64_t wanted = 0;
    absl::StatusOr<std::shared_ptr<const view_store::Snapshot>> snapshot;
  };
  std::unique_ptr<Publication> publication;
  std::vector<Part> parts;
  std::atomic<size_t> unanswered{0};

  Part& PartOf(int32_t partition) {
    for (Part& part : parts) {
      if (part.partition == partition) return part;
    }
    parts.emplace_back().partition = partition;
    return parts.back();
  }
};

void Publisher::AskForOutcomes(std::unique_ptr<Publication> publication) {
  struct Asked {
    std::unique_ptr<Publication> publication;
    std::atomic<size_t> unanswered{1};  // this function, too
  };
  auto asked = std::make_shared<Asked>();
  asked->publication = std::move(publication);
  Publication& whose = *asked->publication;
  whose.outcomes.resize(whose.changes.size());
  const absl::Time deadline =
      whose.deadline == absl::InfiniteFuture() ? absl::Now() + kDefaultWait : whose.deadline;
  const auto answered = [this, asked] {
    if (asked->unanswered.fetch_sub(1) > 1) return;
    readers_.Post([asked] {
      asked->publication->Answer();
      asked->publication.reset();
    });
  };
  for (size_t i = 0; i < whose.changes.size(); ++i) {
    Commit::Change& change = whose.changes[i];
    if (!change.offset.ok()) continue;
    const PreparedChange& prepared = change.prepared;
    v1::GetOutcomeRequest request;
    request.set_merchant(prepared.merchant);
    request.set_change_id(prepared.id.ToString());
    request.mutable_publication()->set_content_hash(prepared.content_hash);
    request.mutable_publication()->set_recorded_at_micros(prepared.recorded_at_micros);
    SetToken(prepared.partition, *change.offset, request.mutable_min_position());
    ++asked->unanswered;
    projectors_->GetOutcome(
        request, deadline, [this, asked, answered, i](Projectors::Outcome outcome) {
          Commit::Change& asked_of = asked->publication->changes[i];
          if (outcome.ok()) {
            asked->publication->outcomes[i].Swap(outcome->mutable_outcome());
          } else {
            asked_of.offset =
                NoOutcome(outcome.status(), asked_of.prepared.partition, *asked_of.offset);
          }
          answered();
        });
  }
  answered();
}

void Publisher::Await(std::unique_ptr<Publication> publication) {
  if (projectors_ != nullptr) return AskForOutcomes(std::move(publication));
  auto waiting = std::make_shared<Waiting>();
  waiting->publication = std::move(publication);
  Publication& whose = *waiting->publication;
  whose.outcomes.resize(whose.changes.size());
  for (const Commit::Change& change : whose.changes) {
    if (!change.offset.ok()) continue;
    Waiting::Part& part = waiting->PartOf(change.prepared.partition);
    part.wanted = std::max(part.wanted, *change.offset + 1);
  }
  const absl::Time deadline =
      whose.deadline == absl::InfiniteFuture() ? absl::Now() + kDefaultWait : whose.deadline;
  const auto all_there = [this, waiting] {
    readers_.Post([this, waiting] {
      ReadOutcomes(waiting.get());
      waiting->publication->Answer();
      waiting->publication.reset();
    });
  };
  waiting->unanswered = waiting->parts.size() + 1;
  for (Waiting::Part& part : waiting->parts) {
    const auto ready = [waiting, &part, all_there](auto snapshot) {
      part.snapshot = std::move(snapshot);
      if (waiting->unanswered.fetch_sub(1) == 1) all_there();
    };
    if (projector_ == nullptr) {
      ready(absl::StatusOr<std::shared_ptr<const view_store::Snapshot>>(
          Error(absl::StatusCode::kUnavailable, "PARTITION_NOT_SERVED",
                "this process folds nothing, so it can't tell outcomes: ask a projector with the "
                "token")));
    } else {
      projector_->WhenAt(part.partition, part.wanted, deadline, ready);
    }
  }
  if (waiting->unanswered.fetch_sub(1) == 1) all_there();
}

void Publisher::ReadOutcomes(Waiting* waiting) const {
  Publication& publication = *waiting->publication;
  log::v1::Change what;
  for (size_t i = 0; i < publication.changes.size(); ++i) {
    Commit::Change& change = publication.changes[i];
    if (!change.offset.ok()) continue;
    const PreparedChange& prepared = change.prepared;
    const Waiting::Part& part = waiting->PartOf(prepared.partition);
    if (!part.snapshot.ok()) {
      change.offset = NoOutcome(part.snapshot.status(), prepared.partition, *change.offset);
      continue;
    }
    what.set_id(std::string(prepared.id.bytes()));
    what.set_merchant(prepared.merchant);
    what.set_content_hash(prepared.content_hash);
    what.set_recorded_at_micros(prepared.recorded_at_micros);
    if (!domain::ReadOutcomeOf(**part.snapshot, what, &publication.outcomes[i])) {
      change.offset = NoOutcome(Error(absl::StatusCode::kInternal, "OUTCOME_MISSING",
                                      "the views are past the change but have no outcome of it"),
                                prepared.partition, *change.offset);
    }
  }
}

// The change is durable all the same: its token goes along, so that the caller can ask later.
absl::Status Publisher::NoOutcome(const absl::Status& why, int32_t partition,
                                  int64_t offset) const {
  absl::Status status = why;
  AddErrorMetadata("token_log", log_id_, &status);
  AddErrorMetadata("token_partition", absl::StrCat(partition), &status);
  AddErrorMetadata("token_offset", absl::StrCat(offset + 1), &status);
  return status;
}

void Publisher::SetToken(int32_t partition, int64_t offset, v1::Token* token) const {
  token->set_log(log_id_);
  token->set_partition(partition);
  token->set_offset(offset + 1);
}

}  // namespace carnet::gateway
