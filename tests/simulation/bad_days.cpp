#include "tests/simulation/bad_days.h"

#include "absl/time/clock.h"

#include "base/partition.h"
#include "projection/resume_check.h"

namespace carnet::simulation {
namespace {

constexpr event_log::SimulatedFaults kFaults = {
    .lost_answers = 40, .late_writes = 30, .lost_appends = 30, .read_errors = 20};
constexpr size_t kMaxReadBytes = size_t{1} << 20;

}  // namespace

BadDays::BadDays(Random* random, const Options& options, const MakeViews& make_views)
    : random_(random),
      options_(options),
      disk_(
          std::make_shared<event_log::SimulatedDisk>(options.partitions, random->Below(1 << 30))) {
  OpenShakyLog();
  for (int32_t partition = 0; partition < options.partitions; ++partition) {
    partitions_.push_back({.views = make_views(partition), .fold = nullptr, .cursor = nullptr});
  }
}

void BadDays::OpenShakyLog() {
  log_ = nullptr;  // the disk belongs to one log at a time
  log_ = std::make_unique<event_log::SimulatedLog>(
      disk_, event_log::SimulatedLog::Options{.faults = kFaults, .stepped = true});
}

std::unique_ptr<event_log::EventLog> BadDays::OpenLog() const {
  return std::make_unique<event_log::SimulatedLog>(disk_, event_log::SimulatedLog::Options{});
}

void BadDays::CloseFold(Partition* partition) {
  partition->cursor = nullptr;
  partition->fold = nullptr;
}

int32_t BadDays::PartitionFor(const Said& said) const {
  const int32_t home = PartitionOf(said.change.merchant(), options_.partitions);
  return said.misplaced ? (home + 1) % options_.partitions : home;
}

void BadDays::Publish(std::vector<Said> said) {
  std::vector<event_log::Record> records;
  for (const Said& one : said) records.push_back(RecordOf(one));
  ++unanswered_;
  log_->Append(PartitionFor(said.front()), std::move(records),
               [this, said](const absl::StatusOr<int64_t>& offset) {
                 --unanswered_;
                 for (const Said& one : said) {
                   if (!offset.ok()) {
                     to_resend_.push_back(one);
                   } else if (IsTrusted(one) && one.change.id().size() == Uuid::kSize) {
                     acknowledged_.emplace(one.change.merchant(), one.change.id());
                   }
                 }
               });
}

bool BadDays::FoldSome(int32_t index) {
  Partition& partition = partitions_[static_cast<size_t>(index)];
  view_store::ViewStore* const store = partition.views->store();
  if (partition.cursor == nullptr) {
    const auto resume =
        projection::CheckResume(log_.get(), index, store->position(), absl::InfiniteFuture());
    if (absl::IsUnavailable(resume.status())) return true;  // a read error: another time
    if (!resume.ok()) {
      wrong_ = "the log is not the one that was folded: " + resume.status().ToString();
      return false;
    }
    partition.cursor = *log_->Read(index, store->position().offset());
    partition.fold = std::make_unique<projection::BatchFold>(log_->identity(), index, store);
  }
  const auto records = partition.cursor->Next(1 + random_->Below(40), kMaxReadBytes, absl::Now());
  if (!records.ok()) {
    CloseFold(&partition);
    return true;
  }
  if (records->empty()) return false;
  std::span<const event_log::StoredRecord> rest = *records;
  while (!rest.empty()) {
    // Some batches end before the log does, as those do whose time is up.
    const size_t count = 1 + random_->Below(rest.size());
    const auto folded =
        partition.fold->Fold(rest.first(count), random_->Chance(50) ? projection::WriteMode::kBeside
                                                                    : projection::WriteMode::kHere);
    if (!folded.ok() || *folded != count) {
      wrong_ = "the fold stopped: " + folded.status().ToString();
      return false;
    }
    if (random_->Chance(30)) {
      partition.fold->Finish();
      partition.views->BetweenBatches(random_);
    }
    rest = rest.subspan(count);
  }
  return true;
}

void BadDays::CrashSomething() {
  const uint64_t draw = random_->Below(100);
  if (draw < 70) {  // of a projector
    Partition& partition = random_->PickFrom(partitions_);
    CloseFold(&partition);
    partition.views->Crash(random_);
  } else if (draw < 85) {  // the log loses its unsynced tail, and goes on
    log_->Crash();
  } else {  // all at once, and another process opens the log
    for (Partition& partition : partitions_) {
      CloseFold(&partition);
      partition.views->Crash(random_);
    }
    log_->Crash();
    OpenShakyLog();
  }
}

std::string BadDays::Live(History* history, size_t count) {
  size_t published = 0;
  const auto is_done = [&] { return published == count && to_resend_.empty() && unanswered_ == 0; };
  while (wrong_.empty() && !is_done()) {
    if (random_->Below(1000) < options_.crashes) {
      CrashSomething();
      continue;
    }
    const uint64_t draw = random_->Below(100);
    if (draw < 35 && published < count) {
      std::vector<Said> said = {history->Next()};
      ++published;
      // A few together, if they go the same way.
      while (random_->Chance(20) && published < count) {
        Said next = history->Next();
        ++published;
        if (PartitionFor(next) == PartitionFor(said.front())) {
          said.push_back(std::move(next));
        } else {
          Publish({std::move(next)});
        }
      }
      Publish(std::move(said));
    } else if (draw < 40 && !to_resend_.empty()) {
      const Said again = history->Again(to_resend_.back());
      to_resend_.pop_back();
      Publish({again});
    } else if (draw < 85) {
      log_->Step();
    } else {
      FoldSome(static_cast<int32_t>(random_->Below(partitions_.size())));
    }
  }
  // What is late still comes; then all is folded.
  log_->RunUntilIdle();
  for (int32_t partition = 0; partition < options_.partitions; ++partition) {
    while (wrong_.empty() && FoldSome(partition)) {
    }
    CloseFold(&partitions_[static_cast<size_t>(partition)]);
  }
  log_ = nullptr;
  return wrong_;
}

}  // namespace carnet::simulation
