// Orders of a web shop: signed, over 64 connections that are kept, each answered when it is
// durable, all roles on; against a Beast server that reads the same bodies, writes them to a file,
// syncs that in groups, and answers. They take turns with the same bytes; the ratio is the median
// of the turns' ratios. What the spool took counts when it is in the log; processor time is of all
// that an order costs until the views have it.
//
// Then 500 a second, evenly, over as many connections as are needed: from when an order was due to
// its answer. Healthy, and on a Kafka whose broker is frozen (SIGSTOP) for three seconds: of the
// orders that were due meanwhile.
#include <chrono>
#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"

#include "tests/bench/bench.h"
#include "tests/bench/check.h"
#include "tests/bench/clocks.h"
#include "tests/bench/http_load.h"
#include "tests/bench/signed_orders.h"
#include "tests/bench/turns.h"
#include "tests/kafka/cluster.h"

namespace carnet::bench {
namespace {

constexpr double kPerSecond = 500;
constexpr HttpPace kPaced = {.connections = 1000, .per_second = kPerSecond};
constexpr double kFrozenSeconds = 3;

// What the spool took is durable, but cheaper than the log, where all of it must go: the rate of
// orders is of those in the log.
void WaitUntilInLog(const Bench& bench) {
  const double give_up = Now() + 60;
  while (!std::filesystem::is_empty(bench.data_folder() + "/spool")) {
    Check(Now() < give_up, "the spool does not empty");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// Views that still catch up would take the next turn's processor.
void WaitUntilIdle(const Server& server) {
  constexpr double kIdleShare = 0.1;
  constexpr std::chrono::milliseconds kLook(200);
  const double give_up = Now() + 60;
  double before = server.cpu();
  while (true) {
    Check(Now() < give_up, "carnetd does not come to rest");
    std::this_thread::sleep_for(kLook);
    const double now = server.cpu();
    if (now - before < kIdleShare * std::chrono::duration<double>(kLook).count()) return;
    before = now;
  }
}

int64_t OrdersOf(double seconds) { return static_cast<int64_t>(seconds * kPerSecond); }

}  // namespace

void MeasureOrders(Bench* bench) {
  bench->Clear();
  bench->carnetd = bench->StartCarnetd(TakeOrders(*bench));
  const auto floor_server = bench->StartHttpFloor();
  const int64_t count = bench->options.orders;
  int64_t first = 1;
  Turns turns;
  std::vector<double> p99;
  for (int round = 0; round < bench->options.rounds; ++round, first += count) {
    const auto requests = SignedOrders(first, count);
    const HttpResult empty = RunHttpLoad(*floor_server, floor_server->last_address(), requests, {});
    const double begun = Now();
    const double cpu = bench->carnetd->cpu();
    const HttpResult carnet =
        RunHttpLoad(*bench->carnetd, bench->carnetd->last_address(), requests, {});
    WaitUntilInLog(*bench);
    const auto orders = static_cast<double>(count);
    const double per_second = orders / (Now() - begun);
    WaitUntilIdle(*bench->carnetd);
    const double server_us = (bench->carnetd->cpu() - cpu) / orders * 1e6;
    turns.Add({per_second, server_us}, {empty.per_second, empty.server_us});
    p99.push_back(carnet.PercentileMs(0.99));
  }
  bench->report.Add(
      turns.Of({.name = "signed orders",
                .unit = "requests/s",
                .floor_name = "Beast, the same bodies synced in groups",
                .must = 0.3,
                .aim = 0.6,
                .note = absl::StrCat("64 connections; p99 ", Number(Median(p99)), " ms")}));

  const auto requests = SignedOrders(first, OrdersOf(bench->options.read_seconds * 2));
  const HttpResult paced =
      RunHttpLoad(*bench->carnetd, bench->carnetd->last_address(), requests, kPaced);
  bench->report.Add({.name = "answer p99",
                     .number = paced.PercentileMs(0.99),
                     .unit = "ms",
                     .must = 20,
                     .aim = 5,
                     .at_most = true,
                     .cpu_us = paced.server_us,
                     .note = absl::StrCat("orders at 500/s; p50 ", Number(paced.PercentileMs(0.5)),
                                          " ms, longest ", Number(paced.PercentileMs(1)), " ms")});
  bench->Clear();
}

void MeasureAnswersWithoutLog(Bench* bench) {
  bench->Clear();
  StartKafka(bench);
  bench->carnetd = bench->StartCarnetd(TakeOrders(*bench));
  const std::string address = bench->carnetd->last_address();
  RunHttpLoad(*bench->carnetd, address, SignedOrders(1, OrdersOf(2)), kPaced);  // warm
  double frozen = 0;
  double thawed = 0;
  std::thread freezer([&] {
    std::this_thread::sleep_for(std::chrono::seconds(2));
    bench->kafka->Freeze();
    frozen = Now();
    std::this_thread::sleep_for(std::chrono::duration<double>(kFrozenSeconds));
    bench->kafka->Thaw();
    thawed = Now();
  });
  const auto requests = SignedOrders(1'000'000, OrdersOf(10));
  const HttpResult result = RunHttpLoad(*bench->carnetd, address, requests, kPaced);
  freezer.join();
  bench->report.Add(
      {.name = "answer p99 without the log",
       .number = result.PercentileMs(0.99, frozen, thawed),
       .unit = "ms",
       .must = 1000,
       .aim = 100,
       .at_most = true,
       .cpu_us = result.server_us,
       .note = absl::StrCat("orders at 500/s on Kafka, frozen for 3 s; p50 ",
                            Number(result.PercentileMs(0.5, frozen, thawed)), " ms, longest ",
                            Number(result.PercentileMs(1)), " ms; p99 before that ",
                            Number(result.PercentileMs(0.99, 0, frozen - 0.1)), " ms, after it ",
                            Number(result.PercentileMs(0.99, thawed + 1)), " ms")});
  bench->Clear();
}

}  // namespace carnet::bench
