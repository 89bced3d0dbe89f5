#include "projector/moments.h"

#include <thread>
#include <utility>

#include "absl/time/clock.h"

#include "base/partition.h"

namespace carnet::projector_service {

Moments::Moments(projection::Projector* projector, event_log::EventLog* log, runtime::Worker* late,
                 runtime::Guard* guard)
    : projector_(projector),
      log_(log),
      log_id_(log->identity().log_id.ToString()),
      partition_count_(log->identity().partition_count),
      late_(late),
      guard_(guard) {}

int32_t Moments::PartitionOf(std::string_view merchant) const {
  return carnet::PartitionOf(merchant, partition_count_);
}

absl::StatusOr<Moments::Moment> Moments::Now(int32_t partition) const {
  auto snapshot = projector_->snapshot(partition);
  if (!snapshot.ok()) return snapshot.status();
  return MakeMoment(partition, *std::move(snapshot));
}

Moments::Moment Moments::MakeMoment(int32_t partition,
                                    std::shared_ptr<const view_store::Snapshot> snapshot) const {
  const query::View view{
      .snapshot = snapshot.get(), .log_id = log_id_, .partition = partition, .generation = 0};
  return {.snapshot = std::move(snapshot), .view = view};
}

query::View Moments::WithGeneration(const Moment& moment) const {
  query::View view = moment.view;
  for (const auto& progress : projector_->progress()) {
    if (progress.partition == view.partition) view.generation = progress.generation;
  }
  return view;
}

void Moments::AtLogEnd(int32_t partition, absl::Time deadline, Use use) {
  late_->Post([this, partition, deadline, use = std::move(use)]() mutable {
    const auto end = log_->EndOffset(partition);
    if (!end.ok()) return use(end.status());
    WhenAt(partition, *end, deadline, std::move(use));
  });
}

void Moments::WhenAt(int32_t partition, int64_t offset, absl::Time deadline, Use use) {
  if (deadline == absl::InfiniteFuture()) deadline = absl::Now() + kDefaultWait;
  const auto caller = std::this_thread::get_id();
  projector_->WhenAt(
      partition, offset, deadline,
      [this, partition, caller, use = std::move(use)](
          absl::StatusOr<std::shared_ptr<const view_store::Snapshot>> snapshot) mutable {
        absl::StatusOr<Moment> moment;
        if (snapshot.ok()) {
          moment = MakeMoment(partition, *std::move(snapshot));
        } else {
          moment = snapshot.status();
        }
        if (std::this_thread::get_id() == caller) return use(std::move(moment));
        // In the thread that folds: a read there would hold up everybody else.
        late_->Post([use = std::move(use), moment = std::move(moment)]() mutable {
          use(std::move(moment));
        });
      });
}

}  // namespace carnet::projector_service
