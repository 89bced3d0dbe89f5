// Gateway, projectors and brokers are killed in turn, or frozen, while shops publish: what was
// acknowledged is there once, in order; what was not is sent again and counts once; nothing else is
// there; replicas, and a process that folds the log alone, hold the same bytes.
//
// CARNET_KILLS: rounds; CARNET_FREEZE_SECONDS: how long a broker stands still; CARNET_BROKERS: 3
// for replication, where a dead broker must not be noticed.
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "tests/acceptance/kafka/shop.h"
#include "tests/acceptance/kill/checks.h"
#include "tests/simulation/seeded_random.h"

namespace carnet::acceptance {
namespace {

class KafkaKillTest : public testing::Test {
 protected:
  KafkaKillTest() {
    // For carnet_refold.
    setenv("CARNET_LOG_KAFKA_BROKERS", shop_.kafka().bootstrap().c_str(), 1);
  }
  void SetUp() override {
    for (int replica = 0; replica < KafkaShop::kReplicas; ++replica) {
      ASSERT_EQ(shop_.StartProjector(replica), "");
    }
    ASSERT_EQ(shop_.StartGateway(), "");
  }

  size_t Some(size_t least = 5) { return least + random_.Below(100); }
  int SomeBroker() { return 1 + static_cast<int>(random_.Below(static_cast<uint64_t>(brokers_))); }

  void KillGateway() {
    shop_.gateway().Kill();
    ASSERT_EQ(shop_.StopLoad(), "");
    ASSERT_EQ(shop_.StartGateway(), "");
    ASSERT_EQ(shop_.CheckNewest(), "");
    shop_.StartLoad();
  }

  void KillProjector() {
    const int replica = static_cast<int>(random_.Below(KafkaShop::kReplicas));
    shop_.projector(replica).Kill();
    ASSERT_TRUE(shop_.WaitForMore(Some())) << "the other replica goes on";
    shop_.FollowAgain();
    // What it held is a prefix of the log.
    ASSERT_EQ(CompareWithRefold(shop_.projector(replica).data(), shop_.scratch(), 100), "");
    ASSERT_EQ(shop_.StartProjector(replica), "");
  }

  void KillBroker() {
    const int broker = SomeBroker();
    shop_.kafka().Kill(broker);
    if (brokers_ > 1) {
      ASSERT_TRUE(shop_.WaitForMore(Some())) << "two of three go on; " << shop_.WhyItStands();
    }
    shop_.kafka().Start(broker);
  }

  void FreezeBroker() {
    const int broker = SomeBroker();
    shop_.kafka().Freeze(broker);
    // However many are acknowledged meanwhile: none, unless there are other brokers.
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable never;
    never.wait_for(lock, std::chrono::seconds(freeze_seconds_));
    shop_.kafka().Thaw(broker);
  }

  const int brokers_ = static_cast<int>(simulation::FromEnvironment("CARNET_BROKERS", 1));
  const uint64_t freeze_seconds_ = simulation::FromEnvironment("CARNET_FREEZE_SECONDS", 3);
  simulation::Random random_{simulation::RunSeed()};
  KafkaShop shop_{brokers_};
};

TEST_F(KafkaKillTest, EachInTurnUnderLoad) {
  const uint64_t rounds = simulation::FromEnvironment("CARNET_KILLS", 4);
  shop_.StartLoad();
  for (uint64_t round = 0; round < rounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    ASSERT_TRUE(shop_.WaitForMore(Some()));
    switch (round % 4) {
      case 0:
        ASSERT_NO_FATAL_FAILURE(KillGateway());
        break;
      case 1:
        ASSERT_NO_FATAL_FAILURE(KillProjector());
        break;
      case 2:
        ASSERT_NO_FATAL_FAILURE(KillBroker());
        break;
      default:
        ASSERT_NO_FATAL_FAILURE(FreezeBroker());
    }
  }
  ASSERT_TRUE(shop_.WaitForMore(20)) << "it goes on without hands";
  ASSERT_EQ(shop_.FinishLoad(), "");
  ASSERT_EQ(shop_.CheckNewest(), "");

  // A projector that begins with nothing catches up, and joins.
  shop_.projector(0).Kill();
  std::filesystem::remove_all(shop_.projector(0).data());
  ASSERT_EQ(shop_.StartProjector(0), "");
  shop_.FollowAgain();
  ASSERT_EQ(shop_.CheckAll(), "");

  for (int replica = 0; replica < KafkaShop::kReplicas; ++replica) {
    // Both at the end: each answers what was acknowledged last.
    CarnetdProcess& projector = shop_.projector(replica);
    for (const auto& [story, count, token] : shop_.Acknowledged()) {
      ASSERT_EQ(CheckServed(projector.channel(), story, count, token), "");
    }
    EXPECT_EQ(projector.Terminate(), 0) << projector.Messages();
    EXPECT_EQ(CompareWithRefold(projector.data(), shop_.scratch(), 77, /*all=*/true), "")
        << "equal to a fresh fold, so to each other";
  }
}

}  // namespace
}  // namespace carnet::acceptance
