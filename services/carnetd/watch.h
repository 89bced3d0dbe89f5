// What an operator sees of a running process beside its answers.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "event_log/event_log.h"
#include "projection/projector.h"
#include "runtime/metrics.h"

namespace carnet {

// Figures of the process: version, memory, when it started. `metrics` keeps them.
void AddProcessMetrics(const std::string& version, runtime::Metrics* metrics);

// Figures of the partitions: position, lag, outcomes, stops. Log and projector must outlive
// `metrics`.
void AddProjectorMetrics(event_log::EventLog* log, const projection::Projector* projector,
                         runtime::Metrics* metrics);

// Whether reads should come here: once every partition has caught up with the log, but for
// `ready_lag` records; a partition that stopped counts as it is, as it still answers. A thread of
// its own asks, as the log may take its time. Says so to `tell` (from that thread) at first and
// whenever it changes.
class Readiness {
 public:
  // Log and projector (null: always ready) must outlive this.
  Readiness(event_log::EventLog* log, const projection::Projector* projector, int64_t ready_lag,
            std::function<void(bool ready)> tell);
  ~Readiness();

 private:
  bool IsReady() const;
  void Run();

  event_log::EventLog* const log_;
  const projection::Projector* const projector_;
  const int64_t ready_lag_;
  const std::function<void(bool)> tell_;

  std::mutex mutex_;
  std::condition_variable stop_requested_;
  bool stopping_ = false;  // guarded by mutex_

  std::thread thread_;  // last: begins when the rest is there
};

// Says once when a partition stops, and when it goes on, as nothing else in the process would: it
// goes on answering reads. One thread.
class StopWatch {
 public:
  // Null: nothing to watch. Must outlive this.
  explicit StopWatch(const projection::Projector* projector) : projector_(projector) {}
  void Look();

 private:
  const projection::Projector* const projector_;
  std::set<int32_t> stopped_;
};

}  // namespace carnet
