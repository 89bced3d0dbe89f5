// kill -9 under load, each time within 50 ms of an acknowledgement: every acknowledged change is
// there, once; nothing sent is there twice; nothing else is there; a process that folds the log
// alone gets the same bytes; the feed goes on without gap or repeat.
//
// CARNET_SEED repeats the choice of moments, CARNET_KILLS asks for more of them.
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/acceptance/kill/carnetd_process.h"
#include "tests/acceptance/kill/checks.h"
#include "tests/acceptance/kill/follower.h"
#include "tests/acceptance/kill/publisher.h"
#include "tests/simulation/scratch_folder.h"
#include "tests/simulation/seeded_random.h"

namespace carnet::acceptance {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr uint64_t kKills = 10;
constexpr milliseconds kWithin{50};

// Counts acknowledgements of all publishers, and knows when the newest came.
class Acknowledgements {
 public:
  void Add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    newest_ = steady_clock::now();
    changed_.notify_all();
  }
  void Begin() {
    const std::lock_guard lock(mutex_);
    count_ = 0;
  }
  bool WaitFor(size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(kPatienceSeconds),
                             [&] { return count_ >= count; });
  }
  // Until then, whatever comes.
  void WaitUntil(steady_clock::time_point then) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, then, [&] { return steady_clock::now() >= then; });
  }
  milliseconds SinceNewest() {
    const std::lock_guard lock(mutex_);
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - newest_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  size_t count_ = 0;
  steady_clock::time_point newest_;
};

class KillTest : public testing::Test {
 protected:
  KillTest() {
    publishers_.emplace_back(ShopStory("shop-a"), Publisher::Way::kUnary);
    publishers_.emplace_back(ShopStory("shop-b"), Publisher::Way::kBatch);
    publishers_.emplace_back(ShopStory("shop-c"), Publisher::Way::kUnaryAndWait);
    for (const Publisher& publisher : publishers_) {
      followers_.push_back(std::make_unique<Follower>(publisher.story().merchant()));
    }
    wrong_.resize(publishers_.size());
  }

  void StartServer() {
    server_.Start();
    ASSERT_TRUE(server_.WaitUntilServing()) << server_.Messages();
    for (const auto& follower : followers_) follower->Start(server_.channel());
  }

  // All publishers at once, until each has `more` further changes acknowledged or the server is
  // gone.
  void StartLoad(size_t more) {
    for (size_t i = 0; i < publishers_.size(); ++i) {
      load_.emplace_back([this, i, more] {
        Publisher& publisher = publishers_[i];
        wrong_[i] = publisher.Publish(server_.channel(), publisher.acknowledged() + more,
                                      [this] { acknowledgements_.Add(); });
      });
    }
  }
  void JoinLoad() {
    for (std::thread& thread : load_) thread.join();
    load_.clear();
    for (const std::string& wrong : wrong_) ASSERT_EQ(wrong, "");
  }

  void KillUnderLoad() {
    acknowledgements_.Begin();
    StartLoad(1'000'000);
    if (!acknowledgements_.WaitFor(1 + random_.Below(600))) {
      server_.Kill();
      JoinLoad();
      std::string how;
      for (const Publisher& publisher : publishers_) how += publisher.Progress();
      FAIL() << "no more is acknowledged\n" << how << server_.Messages();
    }
    // At once, or a little later: then other acknowledgements are under way.
    acknowledgements_.WaitUntil(steady_clock::now() + milliseconds(random_.Below(40)));
    const milliseconds since = acknowledgements_.SinceNewest();
    server_.Kill();
    EXPECT_LE(since, kWithin);
    JoinLoad();
    for (const auto& follower : followers_) follower->Stop();
  }

  // The newest acknowledged changes of each shop have an outcome.
  void CheckNewest() {
    for (const Publisher& publisher : publishers_) {
      const size_t count = std::min<size_t>(publisher.acknowledged(), 50);
      ASSERT_EQ(CheckOutcomes(server_.channel(), publisher.story(),
                              publisher.acknowledged() - count, count, publisher.token()),
                "");
    }
  }

  const simulation::ScratchFolder folder_;
  simulation::Random random_{simulation::RunSeed()};
  CarnetdProcess server_{folder_.path() + "/data", folder_.path()};
  std::vector<Publisher> publishers_;
  std::vector<std::unique_ptr<Follower>> followers_;
  Acknowledgements acknowledgements_;
  std::vector<std::thread> load_;
  std::vector<std::string> wrong_;
};

TEST_F(KillTest, UnderLoadWithinFiftyMillisecondsOfAnAcknowledgement) {
  const uint64_t kills = simulation::FromEnvironment("CARNET_KILLS", kKills);
  for (uint64_t round = 0; round < kills; ++round) {
    SCOPED_TRACE("kill " + std::to_string(round));
    ASSERT_NO_FATAL_FAILURE(StartServer());
    ASSERT_NO_FATAL_FAILURE(CheckNewest());
    ASSERT_NO_FATAL_FAILURE(KillUnderLoad());
    ASSERT_EQ(CompareWithRefold(server_.data(), folder_.path(), 1 + random_.Below(500)), "");
  }

  // All that is still unknown is sent again, and a little more; then everything is looked at.
  ASSERT_NO_FATAL_FAILURE(StartServer());
  StartLoad(20);
  ASSERT_NO_FATAL_FAILURE(JoinLoad());
  size_t changes = 0;
  for (size_t i = 0; i < publishers_.size(); ++i) {
    const Publisher& publisher = publishers_[i];
    changes += publisher.acknowledged();
    ASSERT_EQ(CheckServed(server_.channel(), publisher.story(), publisher.acknowledged(),
                          publisher.token()),
              "");
    const auto expected = publisher.story().After(publisher.acknowledged()).codes;
    ASSERT_TRUE(followers_[i]->WaitForVouchers(expected.size()));
    EXPECT_EQ(followers_[i]->wrong(), "");
    EXPECT_EQ(followers_[i]->codes(), expected) << "vouchers as the feed told of them";
  }
  for (const auto& follower : followers_) follower->Stop();
  EXPECT_EQ(server_.Terminate(), 0) << server_.Messages();
  EXPECT_EQ(CompareWithRefold(server_.data(), folder_.path(), 77, /*all=*/true), "");
  std::printf("%llu kills, %zu changes\n", static_cast<unsigned long long>(kills), changes);
}

}  // namespace
}  // namespace carnet::acceptance
