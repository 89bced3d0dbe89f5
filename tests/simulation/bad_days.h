// A history on its way through a log and into views on bad days: answers that never come, appends
// that land twice or late, torn tails, crashes between and within batches.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "event_log/simulated/simulated_log.h"
#include "projection/batch_fold.h"
#include "tests/simulation/history.h"
#include "tests/simulation/seeded_random.h"
#include "view_store/view_store.h"

namespace carnet::simulation {

// The views of one partition as a process has them open.
class LiveViews {
 public:
  virtual ~LiveViews() = default;
  virtual view_store::ViewStore* store() = 0;
  // Between two batches, both written or still to be folded: a moment to which a crash may go back.
  virtual void BetweenBatches(Random* random) = 0;
  // The process dies, or the machine; then the views are opened again.
  virtual void Crash(Random* random) = 0;
};
using MakeViews = std::function<std::unique_ptr<LiveViews>(int32_t partition)>;

class BadDays {
 public:
  struct Options {
    int32_t partitions = 1;
    // Of each thousand steps: how many are crashes.
    uint64_t crashes = 30;
  };
  BadDays(Random* random, const Options& options, const MakeViews& make_views);

  // Publishes `count` changes, each until it is acknowledged, and folds meanwhile; ends when all
  // is folded. Answers with what should not have happened, or with nothing.
  std::string Live(History* history, size_t count);

  // Afterwards: what the log holds, without its faults; the views; what was acknowledged.
  std::unique_ptr<event_log::EventLog> OpenLog() const;
  const view_store::ViewStore& views(int32_t partition) {
    return *partitions_[static_cast<size_t>(partition)].views->store();
  }
  int32_t partition_count() const { return options_.partitions; }
  // Merchant and id of each change that was acknowledged and has both.
  const std::set<std::pair<std::string, std::string>>& acknowledged() const {
    return acknowledged_;
  }

 private:
  struct Partition {
    std::unique_ptr<LiveViews> views;
    // Of the process that folds; gone with it.
    std::unique_ptr<projection::BatchFold> fold;
    std::unique_ptr<event_log::Cursor> cursor;
  };

  void OpenShakyLog();
  void CloseFold(Partition* partition);
  void Publish(std::vector<Said> said);
  // False: nothing to read just now.
  bool FoldSome(int32_t partition);
  void CrashSomething();
  int32_t PartitionFor(const Said& said) const;

  Random* const random_;
  const Options options_;
  std::shared_ptr<event_log::SimulatedDisk> disk_;
  std::unique_ptr<event_log::SimulatedLog> log_;
  std::vector<Partition> partitions_;  // after the log: their cursors go before it
  std::vector<Said> to_resend_;
  size_t unanswered_ = 0;
  std::set<std::pair<std::string, std::string>> acknowledged_;
  std::string wrong_;
};

}  // namespace carnet::simulation
