// A gateway and two projectors that serve the same partitions, each a process, on a Kafka of this
// test's own; three shops that publish through the gateway and follow their feeds.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/acceptance/kill/carnetd_process.h"
#include "tests/acceptance/kill/follower.h"
#include "tests/acceptance/kill/publisher.h"
#include "tests/kafka/cluster.h"
#include "tests/simulation/scratch_folder.h"

namespace carnet::acceptance {

class KafkaShop {
 public:
  static constexpr int kReplicas = 2;

  // One broker, or three. Starts nothing of Carnet yet; log and keys are made. `keys_settings`: of
  // the keys' topic, instead of those that it is made with.
  explicit KafkaShop(int brokers, const std::map<std::string, std::string>& keys_settings = {});
  ~KafkaShop();

  kafka_cluster::Cluster& kafka() { return kafka_; }
  const std::string& scratch() const { return folder_.path(); }
  CarnetdProcess& gateway() { return *gateway_; }
  CarnetdProcess& projector(int replica) { return *projectors_.at(static_cast<size_t>(replica)); }

  // Starts the gateway or a projector; empty, or what it said instead of serving.
  std::string StartGateway();
  std::string StartProjector(int replica);
  // As subscribers do whose projector died: from where they were, through the gateway.
  void FollowAgain();
  // Until the gateway knows who serves every partition.
  std::string WaitUntilServed();

  // All shops publish until StopLoad(); what is unknown is sent again. An empty string from
  // StopLoad(): the server said nothing that it should not have said.
  void StartLoad();
  std::string StopLoad();
  // The same, and what is unknown is sent until it is acknowledged: the log holds nothing else
  // then.
  std::string FinishLoad();
  // Until so many further changes were acknowledged, of each shop; false after the usual patience.
  bool WaitForMore(size_t count);
  // To be shown where that failed; it ends the load.
  std::string WhyItStands();

  // The newest acknowledged changes of each shop have an outcome. Empty, or what is wrong.
  std::string CheckNewest();
  // Everything acknowledged is there, once and in order, and nothing else; the feeds told of it.
  std::string CheckAll();

  // What each shop has published so far.
  struct Published {
    ShopStory story;
    size_t count;
    carnet::v1::Token token;
  };
  std::vector<Published> Acknowledged() const;

 private:
  struct Shop {
    Shop(const std::string& merchant, Publisher::Way way)
        : publisher(ShopStory(merchant), way), follower(merchant) {}
    Publisher publisher;
    Follower follower;
    std::atomic<size_t> acknowledged = 0;
    std::string wrong;
    std::thread load;
  };

  std::vector<std::string> Arguments(const std::string& roles) const;

  const simulation::ScratchFolder folder_;
  kafka_cluster::Cluster kafka_;
  std::vector<std::unique_ptr<CarnetdProcess>> projectors_;
  std::unique_ptr<CarnetdProcess> gateway_;
  std::vector<std::unique_ptr<Shop>> shops_;
  std::atomic<bool> stop_load_ = false;

  std::mutex mutex_;
  std::condition_variable more_;  // of `acknowledged`
};

}  // namespace carnet::acceptance
