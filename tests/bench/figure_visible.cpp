// Publish to visible at 1,000/s: every millisecond one change is published, without waiting for its
// outcome; its answer's token goes into a GetBalance of the same customer. Time runs from the
// moment the change was due (so that a late start counts) to that answer: two calls, one fsync, one
// fold. The floor does the same two calls and a sync at the same pace.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include "carnet/v1/change_service.grpc.pb.h"
#include "carnet/v1/ledger_service.grpc.pb.h"
#include "tests/bench/bench.h"
#include "tests/bench/check.h"
#include "tests/bench/clocks.h"
#include "tests/bench/load.h"
#include "tests/bench/published.h"

namespace carnet::bench {
namespace {

constexpr double kSecondsApart = 0.001;

struct Step {
  v1::PublishRequest publish;
  v1::PublishResponse published;
  v1::GetBalanceRequest read;
  v1::GetBalanceResponse balance;
  grpc::ClientContext publish_context;
  grpc::ClientContext read_context;
  double due = 0;
};

class Pace {
 public:
  explicit Pace(const Server& server)
      : channel_(grpc::CreateChannel(server.address(), grpc::InsecureChannelCredentials())),
        changes_(v1::ChangeService::NewStub(channel_)),
        ledger_(v1::LedgerService::NewStub(channel_)) {
    Check(channel_->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10)),
          "no connection");
  }

  // Milliseconds, of each step.
  std::vector<double> Run(std::vector<std::unique_ptr<Step>>* steps) {
    open_ = steps->size();
    const auto begin = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
    const double begin_seconds =
        std::chrono::duration<double>(begin.time_since_epoch()).count();  // as Now()
    for (size_t i = 0; i < steps->size(); ++i) {
      Step* step = (*steps)[i].get();
      const double after = static_cast<double>(i) * kSecondsApart;
      step->due = begin_seconds + after;
      std::this_thread::sleep_until(begin + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                                std::chrono::duration<double>(after)));
      changes_->async()->Publish(
          &step->publish_context, &step->publish, &step->published,
          [this, step](const grpc::Status& status) { Published(status, step); });
    }
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return open_ == 0; });
    return milliseconds_;
  }

 private:
  void Published(const grpc::Status& status, Step* step) {
    Check(status.ok(), "Publish: " + status.error_message());
    if (step->published.has_token()) {
      *step->read.mutable_min_position() = step->published.token();
    }
    ledger_->async()->GetBalance(&step->read_context, &step->read, &step->balance,
                                 [this, step](const grpc::Status& read) { Read(read, step); });
  }

  void Read(const grpc::Status& status, Step* step) {
    Check(status.ok(), "GetBalance: " + status.error_message());
    const double took = (Now() - step->due) * 1e3;
    const std::lock_guard lock(mutex_);
    milliseconds_.push_back(took);
    if (--open_ == 0) ended_.notify_one();
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::ChangeService::Stub> changes_;
  const std::unique_ptr<v1::LedgerService::Stub> ledger_;

  std::mutex mutex_;
  std::condition_variable ended_;
  // Guarded by mutex_.
  std::vector<double> milliseconds_;
  size_t open_ = 0;
};

}  // namespace

Visible MeasureVisibleAt(const Server& server, const std::vector<Change>& changes) {
  std::vector<std::unique_ptr<Step>> steps;
  for (const Change& change : changes) {
    steps.push_back(std::make_unique<Step>());
    *steps.back()->publish.mutable_change() = ToPublished(change);
    steps.back()->read.set_customer(CustomerNameOf(change));
  }
  const double cpu = server.cpu();
  std::vector<double> milliseconds = Pace(server).Run(&steps);
  return {.p50_ms = Percentile(&milliseconds, 0.5),
          .p99_ms = Percentile(&milliseconds, 0.99),
          .server_us = (server.cpu() - cpu) / static_cast<double>(changes.size()) * 1e6};
}

void MeasureVisible(Bench* bench) {
  std::vector<double> p50, p99, cpu, floor_p50, floor_p99, floor_cpu;
  for (int round = 0; round < bench->options.rounds; ++round) {
    std::vector<Change> changes;
    for (int64_t i = 0; i < bench->options.visible_calls; ++i) changes.push_back(bench->day.Next());
    const Visible floor = MeasureVisibleAt(*bench->floor, changes);
    const Visible carnet = MeasureVisibleAt(*bench->carnetd, changes);
    p50.push_back(carnet.p50_ms);
    p99.push_back(carnet.p99_ms);
    cpu.push_back(carnet.server_us);
    floor_p50.push_back(floor.p50_ms);
    floor_p99.push_back(floor.p99_ms);
    floor_cpu.push_back(floor.server_us);
  }
  bench->report.Add({.name = "publish to visible, p99",
                     .number = Median(p99),
                     .unit = "ms",
                     .floor_name = "the same two calls, with a sync and nothing else",
                     .floor = Median(floor_p99),
                     .must = 10,
                     .aim = 3,
                     .at_most = true,
                     .cpu_us = Median(cpu),
                     .floor_cpu_us = Median(floor_cpu),
                     .note = absl::StrCat("at 1,000/s; p50 ", Number(Median(p50)),
                                          " ms, the floor's ", Number(Median(floor_p50)), " ms")});
}

}  // namespace carnet::bench
