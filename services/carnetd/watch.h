// What an operator sees of a running process beside its answers.
#pragma once

#include <cstdint>
#include <set>
#include <string>
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

// Says once when a partition stops, as nothing else in the process would: it goes on answering
// reads. One thread.
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
