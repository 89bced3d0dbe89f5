// kill -9 at counted places: inside an append, a batch, a flush, a manifest, a swap of the file
// that names what is current; at the first start, too. What is there afterwards is a state that
// could have been, and the server goes on from it.
//
// CARNET_SEED repeats the choice of places; CARNET_KILL_POINTS asks for so many places of each
// kind, or CARNET_KILL_AT for one: the how many-th call.
#include <signal.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "tests/acceptance/kill/carnetd_process.h"
#include "tests/acceptance/kill/checks.h"
#include "tests/acceptance/kill/follower.h"
#include "tests/acceptance/kill/publisher.h"
#include "tests/simulation/scratch_folder.h"
#include "tests/simulation/seeded_random.h"

namespace carnet::acceptance {
namespace {

struct Place {
  const char* name;
  const char* calls;
  const char* paths;
  uint64_t most;  // so many calls there are under the load, at the least
  Publisher::Way way;
  bool bulky;
  size_t changes;
};

constexpr size_t kMostTimes = 5;

constexpr auto kOneByOne = Publisher::Way::kUnary;
constexpr auto kStream = Publisher::Way::kBatch;

constexpr Place kPlaces[] = {
    {"Append", "write,sync", "/log/,.log", 200, kOneByOne, false, 300},
    {"Keys", "write,sync", "/keys/,.log", 12, kOneByOne, false, 100},
    {"BatchWrite", "write", "/views/,.log", 60, kOneByOne, false, 300},
    {"Manifest", "write,sync", "MANIFEST", 40, kOneByOne, false, 20},
    {"Swap", "rename", "CURRENT", 6, kOneByOne, false, 20},
    {"FlushOfTheLog", "write,sync", "/log/,.sst", 16, kStream, true, 300},
    {"FlushOfTheViews", "write,sync", "/views/,.sst", 8, kStream, true, 700},
};

class KillPointsTest : public testing::TestWithParam<Place> {
 protected:
  // Whether the place was reached.
  void KillAt(uint64_t number, bool* reached) {
    const simulation::ScratchFolder folder;
    CarnetdProcess server(folder.path() + "/data", folder.path());
    Publisher publisher(ShopStory("shop", GetParam().bulky), GetParam().way);
    Follower follower("shop");

    server.Start({{"LD_PRELOAD", KILL_SHIM},
                  {"CARNET_KILL_CALLS", GetParam().calls},
                  {"CARNET_KILL_PATHS", GetParam().paths},
                  {"CARNET_KILL_AT", std::to_string(number)}});
    size_t asked = 0;  // some of these may be stored, unacknowledged
    if (server.WaitUntilServing()) {
      follower.Start(server.channel());
      // How many flushes so many changes make depends on how far the projector is.
      while (publisher.acknowledged() == asked && asked < kMostTimes * GetParam().changes) {
        asked += GetParam().changes;
        ASSERT_EQ(publisher.Publish(server.channel(), asked, [] {}), "");
      }
    }
    *reached = asked == 0 || publisher.acknowledged() < asked;
    if (!*reached) server.Kill();
    const int status = server.Wait();
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        << simulation::DescribeStatus(status) << ": " << server.Messages();
    follower.Stop();
    const bool has_views = std::filesystem::exists(server.data() + "/views/1/CURRENT");
    if (has_views) {
      ASSERT_EQ(CompareWithRefold(server.data(), folder.path(), 10), "");
    }

    server.Start();
    ASSERT_TRUE(server.WaitUntilServing()) << server.Messages();
    follower.Start(server.channel());
    const size_t known = publisher.acknowledged();
    if (known > 0) {
      ASSERT_EQ(
          CheckOutcomes(server.channel(), publisher.story(), known - std::min<size_t>(known, 20),
                        std::min<size_t>(known, 20), publisher.token()),
          "");
    }
    ASSERT_EQ(publisher.Publish(server.channel(), asked + 10, [] {}), "");
    ASSERT_EQ(CheckServed(server.channel(), publisher.story(), publisher.acknowledged(),
                          publisher.token()),
              "");
    const auto expected = publisher.story().After(publisher.acknowledged()).codes;
    ASSERT_TRUE(follower.WaitForVouchers(expected.size()));
    EXPECT_EQ(follower.wrong(), "");
    EXPECT_EQ(follower.codes(), expected);
    follower.Stop();
    ASSERT_EQ(server.Terminate(), 0) << server.Messages();
    ASSERT_EQ(CompareWithRefold(server.data(), folder.path(), 33, /*all=*/true), "");
  }
};

TEST_P(KillPointsTest, GoesOnAsIfNothingWasLost) {
  simulation::Random random(simulation::RunSeed());
  const uint64_t points = simulation::FromEnvironment("CARNET_KILL_POINTS", 1);
  const uint64_t only = simulation::FromEnvironment("CARNET_KILL_AT", 0);
  uint64_t reached_count = 0;
  for (uint64_t point = 0; point < points; ++point) {
    // One after the other where there are enough points for all; else anywhere in turn.
    const uint64_t number = only != 0                   ? only
                            : points >= GetParam().most ? point + 1
                                                        : 1 + random.Below(GetParam().most);
    SCOPED_TRACE("at call " + std::to_string(number));
    bool reached = false;
    ASSERT_NO_FATAL_FAILURE(KillAt(number, &reached));
    reached_count += reached ? 1 : 0;
    if (only != 0) break;
  }
  std::printf("%s: %llu of %llu places were reached\n", GetParam().name,
              static_cast<unsigned long long>(reached_count),
              static_cast<unsigned long long>(points));
  EXPECT_GT(reached_count, 0u);
}

INSTANTIATE_TEST_SUITE_P(Places, KillPointsTest, testing::ValuesIn(kPlaces),
                         [](const auto& place) { return std::string(place.param.name); });

}  // namespace
}  // namespace carnet::acceptance
