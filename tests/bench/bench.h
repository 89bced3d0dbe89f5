// What the figures of carnet_bench share: options, the data folder, the servers, the report.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "carnet/v1/token.pb.h"
#include "tests/bench/report.h"
#include "tests/bench/server.h"
#include "tests/bench/till_day.h"

namespace carnet::bench {

struct Options {
  std::string carnetd;
  std::string floor;   // carnet_floor
  std::string folder;  // for data; a real disk
  int64_t changes = 1'000'000;
  int rounds = 3;  // of what is repeated: floor, figure, floor, figure …
  // Of each round.
  double read_seconds = 5;
  int64_t publish_calls = 60'000;
  int64_t visible_calls = 10'000;
  bool json = false;
};

class Bench {
 public:
  explicit Bench(const Options& options);

  const Options options;
  Report report;

  // Goes on where the log ends.
  TillDay day;

  // Running, or null.
  std::unique_ptr<Server> carnetd;
  std::unique_ptr<Server> floor;

  // Set by MeasurePublishBatch(): the log's end, by partition, and the customer of the last change
  // with the position behind it.
  std::vector<int64_t> ends;
  std::string last_customer;
  v1::Token last_position;

  // Also by that, without the ratio: MeasureCatchUp() knows its floor.
  Figure publish_batch;

  // All roles, as it is shipped; on the data that is there.
  std::unique_ptr<Server> StartCarnetd(const std::vector<std::string>& more_flags = {}) const;
  std::unique_ptr<Server> StartFloor() const;
  std::string data_folder() const { return options.folder + "/data"; }
  std::string log_folder() const { return data_folder() + "/log"; }
  std::string views_folder() const { return data_folder() + "/views"; }
};

// One file each, in this order. Each leaves the log as it found it unless it says otherwise.

// Fills the log; leaves carnetd running. Also memory.
void MeasurePublishBatch(Bench* bench);
// Kills carnetd; leaves it running.
void MeasureRestart(Bench* bench);
// Stops carnetd; leaves new views behind, in files. Also PARSE, and the ratio of PublishBatch.
void MeasureCatchUp(Bench* bench);
// From here on carnetd and the floor's server run.
void MeasureReads(Bench* bench);
// Starts carnetd anew.
void MeasureAccess(Bench* bench);
// These two publish more.
void MeasurePublish(Bench* bench);
void MeasureVisible(Bench* bench);

}  // namespace carnet::bench
