// Everything that senders can do to the HTTP door of the shipped server, all at once: others are
// served in time all the same, and its memory stays within bounds.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>

#include "runtime/test_http.h"
#include "tests/acceptance/doors/doors_fixture.h"

namespace carnet::acceptance {
namespace {

using runtime::PostText;
using runtime::StatusOf;
using runtime::TestConnection;
using Clock = std::chrono::steady_clock;

int Setting(const char* name, int otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoi(value);
}

// How long, and how many: larger in the long suite.
const int kSeconds = Setting("CARNET_SIEGE_SECONDS", 4);
const int kIdle = Setting("CARNET_SIEGE_IDLE", 1000);
const int kSlow = Setting("CARNET_SIEGE_SLOW", 100);

// What all idle connections may take, and what the limits of bodies allow beside.
constexpr int64_t kMostBytesMore = int64_t{200} << 20;
constexpr auto kMostForAnAnswer = std::chrono::seconds(2);
// Of each slow sender.
constexpr int kByteEveryMs = 50;
// A request that is not whole by then is cut off.
constexpr int kCutOffSeconds = 15;

class SiegeTest : public DoorsTest {
 protected:
  ~SiegeTest() override { EndAll(); }

  void Begin(std::function<void()> attack) {
    attackers_.emplace_back([this, attack = std::move(attack)] {
      while (!stop_) attack();
    });
  }
  void EndAll() {
    stop_ = true;
    for (std::thread& attacker : attackers_) attacker.join();
    attackers_.clear();
  }
  std::unique_ptr<TestConnection> Connect() const {
    return std::make_unique<TestConnection>(carnetd_.http_address());
  }

  // Connections that send what never ends, a byte at a time each; those that were cut off are
  // counted, and begin anew.
  void BeginSlowly(const std::string& begin) {
    auto slow = std::make_shared<std::vector<std::unique_ptr<TestConnection>>>();
    Begin([this, slow, begin] {
      while (slow->size() < static_cast<size_t>(kSlow) / 2) {
        slow->push_back(Connect());
        slow->back()->Send(begin);
      }
      for (auto& connection : *slow) {
        pollfd poller{connection->fd(), POLLIN, 0};
        if (poll(&poller, 1, 0) > 0 || !connection->Send("x")) {
          ++cut_off_;
          connection = Connect();
          connection->Send(begin);
        }
      }
      poll(nullptr, 0, kByteEveryMs);  // the pace of the attack
    });
  }

  int64_t Resident() const {
    std::ifstream file(absl::StrCat("/proc/", carnetd_.pid(), "/status"));
    std::string key;
    int64_t value = 0;
    while (file >> key) {
      if (key == "VmRSS:" && file >> value) return value << 10;
    }
    ADD_FAILURE() << "the server's memory is not known";
    return 0;
  }

  std::atomic<bool> stop_{false};
  std::atomic<int> cut_off_{0};
  std::atomic<int> refused_{0};
  std::vector<std::thread> attackers_;
};

TEST_F(SiegeTest, OthersAreServedAndMemoryIsBounded) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, static_cast<rlim_t>(kIdle + kSlow) + 1000);
  setrlimit(RLIMIT_NOFILE, &files);
  ASSERT_GT(files.rlim_cur, static_cast<rlim_t>(kIdle + kSlow)) << "ulimit -n";
  Start();
  ASSERT_EQ(PostChanges(SaleLine("T-0", "c-1", "1.00")).status, 200);
  const int64_t before = Resident();

  std::vector<std::unique_ptr<TestConnection>> idle;
  for (int i = 0; i < kIdle; ++i) idle.push_back(Connect());
  BeginSlowly("POST /v1/shop-1/woocommerce/web HTTP/1.1\r\nX: ");
  BeginSlowly(
      "POST /v1/shop-1/woocommerce/web HTTP/1.1\r\nHost: c\r\nContent-Length: 1048576\r\n\r\n");
  const std::string too_large =
      PostText("/v1/shop-1/woocommerce/web", std::string((size_t{1} << 20) + 1, 'x'));
  const std::string unsigned_one =
      PostText("/v1/shop-1/woocommerce/web", std::string(size_t{1} << 20, 'x'));
  const std::string chunked =
      "POST /v1/shop-1/woocommerce/web HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto expect = [this](const std::string& request, std::initializer_list<int> statuses) {
    const int status = StatusOf(Connect()->Call(request));
    // 503: no room for its body now.
    EXPECT_TRUE(status == 503 ||
                std::find(statuses.begin(), statuses.end(), status) != statuses.end())
        << status << " for " << request.substr(0, 100);
    ++refused_;
  };
  Begin([&] { expect(too_large, {413}); });
  Begin([&] { expect(unsigned_one, {401}); });
  Begin([&] {
    expect(chunked + "zz\r\nhello", {400});
    expect(chunked + "5\r\nhelloXX5\r\n", {400});
    expect(chunked + "fffffffffffffffff\r\n", {400, 413});
    expect(std::string(300, '\x01') + "\r\n\r\n", {400});
    // An end that never comes, of whoever does not stay for the answer.
    Connect()->Send(chunked + "400\r\n" + std::string(0x400, 'x'));
  });

  // Meanwhile somebody does everything right.
  const auto end = Clock::now() + std::chrono::seconds(kSeconds);
  Clock::duration slowest{};
  int64_t most = 0;
  int sales = 0;
  while (Clock::now() < end) {
    const auto start = Clock::now();
    const HttpAnswer answer = PostChanges(SaleLine(absl::StrCat("T-", ++sales), "c-1", "1.00"));
    slowest = std::max(slowest, Clock::now() - start);
    ASSERT_EQ(answer.status, 200) << answer.body;
    ASSERT_THAT(answer.verdicts(), ::testing::ElementsAre("APPLIED"));
    most = std::max(most, Resident() - before);
  }
  EndAll();
  std::printf("%d sales, the slowest in %.0f ms; %d refused, %d cut off; %.1f MB more at most\n",
              sales, std::chrono::duration<double>(slowest).count() * 1e3, refused_.load(),
              cut_off_.load(), static_cast<double>(most) / 1e6);
  EXPECT_GT(sales, kSeconds);
  EXPECT_LT(slowest, kMostForAnAnswer);
  EXPECT_LT(most, kMostBytesMore);
  EXPECT_GT(refused_, 10);
  if (kSeconds > kCutOffSeconds + 5) {
    EXPECT_GE(cut_off_, kSlow / 2 * 2) << "each was, once at least";
  }
  // Who is idle is still there, for a minute.
  if (kSeconds < 50) {
    EXPECT_EQ(StatusOf(idle.front()->Call(PostText("/", ""))), 404);
  }
  EXPECT_EQ(Vouchers().size(), static_cast<size_t>(sales) + 1);
  EXPECT_EQ(carnetd_.Terminate(), 0) << carnetd_.Messages();
}

}  // namespace
}  // namespace carnet::acceptance
