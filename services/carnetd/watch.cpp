#include "carnetd/watch.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "runtime/logging.h"

namespace carnet {
namespace {

using Samples = std::vector<runtime::Metrics::Sample>;

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

template <typename ValueOf>
runtime::Metrics::Read EachPartition(const projection::Projector* projector, ValueOf value_of) {
  return [projector, value_of] {
    Samples samples;
    for (const projection::PartitionProgress& progress : projector->progress()) {
      samples.push_back({{{"partition", absl::StrCat(progress.partition)}},
                         static_cast<double>(value_of(progress))});
    }
    return samples;
  };
}

}  // namespace

void AddProcessMetrics(const std::string& version, runtime::Metrics* metrics) {
  metrics->AddGauge("carnet_build_info", "Always 1; the version is in the label.", [version] {
    return Samples{{{{"version", version}}, 1}};
  });
  metrics->AddGauge("process_resident_memory_bytes", "Resident memory of the process.", [] {
    return Samples{{{}, ResidentBytes()}};
  });
  const double started = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  metrics->AddGauge("process_start_time_seconds", "When the process started, since 1970 UTC.",
                    [started] {
                      return Samples{{{}, started}};
                    });
}

void AddProjectorMetrics(event_log::EventLog* log, const projection::Projector* projector,
                         runtime::Metrics* metrics) {
  using Progress = projection::PartitionProgress;
  metrics->AddGauge("carnet_projector_position_records", "The next offset to fold, by partition.",
                    EachPartition(projector, [](const Progress& p) { return p.position; }));
  metrics->AddGauge(
      "carnet_projector_lag_records", "Records in the log that are not folded yet, by partition.",
      EachPartition(projector, [log](const Progress& p) {
        return std::max<int64_t>(log->EndOffset(p.partition).value_or(p.end) - p.position, 0);
      }));
  metrics->AddGauge(
      "carnet_projector_stopped", "1 where a partition stopped and waits for an operator.",
      EachPartition(projector,
                    [](const Progress& p) { return p.stopped_because.empty() ? 0 : 1; }));
  metrics->AddCounterRead(
      "carnet_projector_changes_total", "Changes folded since the start, by outcome.", [projector] {
        Samples samples;
        for (const Progress& p : projector->progress()) {
          const std::string partition = absl::StrCat(p.partition);
          const auto add = [&](const char* outcome, uint64_t value) {
            samples.push_back(
                {{{"partition", partition}, {"outcome", outcome}}, static_cast<double>(value)});
          };
          add("applied", p.applied);
          add("duplicate", p.duplicates);
          add("rejected", p.rejected);
          add("dead_letter", p.dead_letters);
        }
        return samples;
      });
}

Readiness::Readiness(event_log::EventLog* log, const projection::Projector* projector,
                     int64_t ready_lag, std::function<void(bool)> tell)
    : log_(log),
      projector_(projector),
      ready_lag_(ready_lag),
      tell_(std::move(tell)),
      thread_([this] { Run(); }) {}

Readiness::~Readiness() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_requested_.notify_one();
  thread_.join();
}

bool Readiness::IsReady() const {
  if (projector_ == nullptr) return true;
  for (const projection::PartitionProgress& progress : projector_->progress()) {
    if (!progress.stopped_because.empty()) continue;
    const auto end = log_->EndOffset(progress.partition);
    // A log that can't be asked says nothing new about the views.
    if (end.ok() && *end - progress.position > ready_lag_) return false;
  }
  return true;
}

void Readiness::Run() {
  std::optional<bool> told;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const bool ready = IsReady();
    if (told != ready) {
      tell_(ready);
      if (told || !ready) {
        runtime::Log(runtime::LogLevel::kInfo,
                     ready ? "the views have caught up" : "the views lag: not ready for reads");
      }
      told = ready;
    }
    lock.lock();
    stop_requested_.wait_for(lock, std::chrono::milliseconds(250), [this] { return stopping_; });
  }
}

void StopWatch::Look() {
  if (projector_ == nullptr) return;
  for (const projection::PartitionProgress& progress : projector_->progress()) {
    if (progress.stopped_because.empty()) {
      if (stopped_.erase(progress.partition) > 0) {
        runtime::Log(runtime::LogLevel::kInfo, "a partition folds again",
                     {{"partition", absl::StrCat(progress.partition)}});
      }
      continue;
    }
    if (!stopped_.insert(progress.partition).second) continue;
    runtime::Log(runtime::LogLevel::kError,
                 "a partition stopped: it folds nothing until an operator acts",
                 {{"partition", absl::StrCat(progress.partition)},
                  {"position", absl::StrCat(progress.position)},
                  {"because", progress.stopped_because}});
  }
}

}  // namespace carnet
