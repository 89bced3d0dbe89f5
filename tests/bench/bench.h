// What the figures of carnet_bench share: options, the data folder, the servers, the report.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "carnet/v1/change_service.pb.h"
#include "carnet/v1/token.pb.h"
#include "tests/bench/report.h"
#include "tests/bench/server.h"
#include "tests/bench/till_day.h"

namespace carnet::kafka_cluster {
class Cluster;
}

namespace carnet::bench {

struct Options {
  std::string carnetd;
  std::string carnet;  // the command line
  std::string floor;   // carnet_floor
  std::string folder;  // for data; a real disk
  int64_t changes = 1'000'000;
  int rounds = 3;  // of what is repeated: floor, figure, floor, figure …
  // Of each round.
  double read_seconds = 5;
  int64_t publish_calls = 60'000;
  int64_t visible_calls = 10'000;
  bool json = false;
  bool quick = false;
  // Figures with the log on a Kafka of their own instead (figure_kafka.cpp).
  bool kafka = false;
  // Figures of cards instead (figure_cards.cpp), each on data of its own.
  bool cards = false;
  int64_t customers = 1'000'000;  // of one merchant
  int64_t import_rows = 100'000;
  int64_t contacts = 300'000;  // changes
  // Figures of the HTTP doors instead (figure_orders.cpp and others).
  bool doors = false;
  std::string http_floor;   // carnet_http_floor
  int64_t orders = 40'000;  // a round
  int64_t offline_sales = 100'000;
  int idle_connections = 10'000;
  // Figures of identity instead (figure_identity.cpp), over `contacts` changes.
  bool identity = false;
  std::string stream;  // of such changes; empty: one that is made up
};

class Bench {
 public:
  explicit Bench(const Options& options);
  ~Bench();

  const Options options;
  Report report;

  // Goes on where the log ends.
  TillDay day;
  // How many the log holds.
  int64_t changes = 0;

  // With the log on Kafka: one broker, and the topics made.
  std::unique_ptr<kafka_cluster::Cluster> kafka;

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
  double parse = 0;  // records/s, by that one
  double parse_cpu_us = 0;

  // All roles, as it is shipped; on the data that is there.
  std::unique_ptr<Server> StartCarnetd(const std::vector<std::string>& more_flags = {}) const;
  // With some roles only, on Kafka: `name` tells its data folder from others'.
  std::unique_ptr<Server> StartRole(const std::string& name,
                                    const std::vector<std::string>& more_flags) const;
  std::unique_ptr<Server> StartFloor() const;
  std::unique_ptr<Server> StartHttpFloor() const;
  // Stops carnetd if it runs, and deletes its data.
  void Clear();
  std::string data_folder() const { return options.folder + "/data"; }
  std::string log_folder() const { return data_folder() + "/log"; }
  std::string views_folder() const { return data_folder() + "/views"; }
  std::string keys_folder() const { return data_folder() + "/keys"; }

 private:
  std::unique_ptr<Server> StartFloorOf(const std::string& program) const;
};

// One thread reads all records of the log and parses them in an arena: PARSE, and with Kafka FLOOR.
struct Parsed {
  double per_second = 0;
  double cpu_us = 0;
  double bytes = 0;  // a record
};
Parsed ParseKafka(const Bench& bench);

// Publish to visible at 1,000/s, through one server.
struct Visible {
  double p50_ms = 0;
  double p99_ms = 0;
  double server_us = 0;
};
Visible MeasureVisibleAt(const Server& server, const std::vector<Change>& changes);

// One file each, in this order. Each leaves the log as it found it unless it says otherwise.

// Fills the log; leaves carnetd running. Also memory.
void MeasurePublishBatch(Bench* bench);
// Kills carnetd; leaves it running.
void MeasureRestart(Bench* bench);
// Stops carnetd; leaves new views behind, in files. Also PARSE, and the ratio of PublishBatch.
void MeasureCatchUp(Bench* bench);
// The same alone, over the log there is: `name`'s ratio to PARSE must be and should be so.
void MeasureFold(const std::string& name, double must, double aim, Bench* bench);
// From here on carnetd and the floor's server run.
void MeasureReads(Bench* bench);
// Starts carnetd anew.
void MeasureAccess(Bench* bench);
// These two publish more.
void MeasurePublish(Bench* bench);
void MeasureVisible(Bench* bench);

// After MeasurePublishBatch() and MeasureCatchUp() on Kafka: visible with the roles apart, and
// copies of the log.
void StartKafka(Bench* bench);
void MeasureVisibleApart(Bench* bench);
void MeasureLogCopy(Bench* bench);

// Figures of cards, in this order: contact changes folded; import; then with many customers of one
// merchant search and export. Each starts on an empty log.
void MeasureContactsFolded(Bench* bench);
void MeasureImport(Bench* bench);
void MeasureManyCustomers(Bench* bench);

// Figures of the HTTP doors, in this order; each starts on an empty log.
void MeasureOrders(Bench* bench);  // also the answers' times, healthy
void MeasureTillBatches(Bench* bench);
void MeasureIdleConnections(Bench* bench);
// On Kafka, which it starts: the answers' times while the log stands still.
void MeasureAnswersWithoutLog(Bench* bench);

// Figures of identity, in this order. Each starts on an empty log.
void MeasureIdentityFolded(Bench* bench);
void MeasureCustomers(Bench* bench);

// Publishes messages over one stream, all of them durable when it returns, and says how many
// seconds that took; `ends` grows to the log's end by partition. `credential`: a key, or empty.
double PublishAll(const Server& carnetd, const std::vector<v1::PublishBatchRequest>& messages,
                  std::vector<int64_t>* ends, const std::string& credential = "");

// A till's key for all of these merchants, as text; access.json and access.key lie in `folder`.
std::string MakeTillKey(const std::string& folder, const std::set<std::string>& merchants);

}  // namespace carnet::bench
