// A real Kafka on this machine, for tests: processes of deploy/kafka that die with the test.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/process.h"
#include "tests/simulation/scratch_folder.h"

namespace carnet::kafka_cluster {

// One broker, or three with replication 3 and min.insync.replicas 2. Not for several threads.
class Cluster {
 public:
  // Formats, starts, and waits until clients are answered. Ends the process where that fails.
  // `folder`: where its data go; empty: to a folder that is gone with it.
  explicit Cluster(int brokers = 1, const std::string& folder = {});

  // To give to clients.
  const std::string& bootstrap() const { return bootstrap_; }
  int brokers() const { return static_cast<int>(nodes_.size()); }

  // Nodes are numbered from 1. What a broker stored stays; Start() begins it again and waits until
  // its port answers.
  void Start(int node = 1);
  void Kill(int node = 1);       // SIGKILL
  void Terminate(int node = 1);  // SIGTERM, and waits
  void Freeze(int node = 1);     // SIGSTOP; returns when it stands still
  void Thaw(int node = 1);       // SIGCONT

  // Where a broker keeps a partition.
  std::string FilesOf(const std::string& topic, int partition = 0, int node = 1) const;

  // Takes the records at and after `end` out of a stopped broker's files: a log that lost its tail.
  void Truncate(const std::string& topic, int partition, int64_t end, int node = 1);

  // The one of this process, begun at its first use.
  static Cluster& Single();

 private:
  const simulation::ScratchFolder scratch_;
  const std::string folder_;
  std::string bootstrap_;
  std::vector<std::string> addresses_;
  std::vector<std::unique_ptr<simulation::Process>> nodes_;
};

}  // namespace carnet::kafka_cluster
