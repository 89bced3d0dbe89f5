// Brokers that can't take what they are given: too few of them in step, one whose disk is full, one
// that stands still for half a minute. What is acknowledged is there; the rest is said to be
// unknown; memory stays bounded; afterwards it goes on without hands.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "event_log/kafka/admin.h"
#include "event_log/kafka/kafka_log.h"
#include "event_log/kafka/topic_check.h"
#include "event_log/log_helpers_test.h"
#include "tests/acceptance/kill/small_disk.h"
#include "tests/kafka/cluster.h"
#include "tests/simulation/scratch_folder.h"
#include "tests/simulation/seeded_random.h"

namespace carnet::event_log {
namespace {

using acceptance::SmallDisk;
using kafka_cluster::Cluster;

constexpr absl::Duration kPatience = absl::Seconds(120);

KafkaLogOptions OptionsFor(const Cluster& cluster) {
  return {.connection = {.brokers = cluster.bootstrap(), .properties = {}},
          .development = cluster.brokers() == 1,
          .append_timeout = absl::Seconds(6)};
}

uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t total = 0;
  uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

// Appends numbered values one after the other, and knows which were acknowledged.
class Writer {
 public:
  explicit Writer(EventLog* log, size_t bytes = 10) : log_(log), bytes_(bytes) {}

  absl::Status Append() {
    const std::string value = std::to_string(next_++);
    const auto offset =
        AppendAndWait(log_, 0, {{.key = "shop", .value = value + ":" + std::string(bytes_, 'x')}});
    if (offset.ok()) acknowledged_.push_back(value);
    return offset.status();
  }
  // Until one is acknowledged again.
  bool AppendUntilAcknowledged() {
    const absl::Time give_up = absl::Now() + kPatience;
    while (absl::Now() < give_up) {
      if (Append().ok()) return true;
    }
    return false;
  }
  size_t acknowledged() const { return acknowledged_.size(); }

  // Every acknowledged value stands there once, in order; empty, or what is wrong. Those that were
  // unknown may stand there or not.
  std::string Check() {
    const auto records = ReadToEnd(log_, 0, 1, 100);
    if (!records.ok()) return records.status().ToString();
    size_t found = 0;
    for (const ReadRecord& record : *records) {
      const std::string value = record.value.substr(0, record.value.find(':'));
      if (found < acknowledged_.size() && value == acknowledged_[found]) ++found;
    }
    if (found == acknowledged_.size()) return {};
    return "lost: " + acknowledged_[found] + ", one of " + std::to_string(acknowledged_.size());
  }

 private:
  EventLog* const log_;
  const size_t bytes_;
  int next_ = 0;
  std::vector<std::string> acknowledged_;
};

TEST(KafkaBrokersTest, TooFewReplicasInStepIsUnavailableAndLosesNothing) {
  Cluster cluster(3);
  const KafkaLogOptions options = OptionsFor(cluster);
  // All three must have each record, so that one dead broker is too many.
  auto settings = LogTopicSettings(3);
  settings["min.insync.replicas"] = "3";
  ASSERT_TRUE((*Admin::Make(options.connection))->Create(options.topic, 1, 3, settings).ok());
  ASSERT_TRUE(InitKafkaLog(options, 1, 3).ok());
  const auto log = OpenKafkaLog(options);
  ASSERT_TRUE(log.ok()) << log.status();
  Writer writer(log->get());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(writer.Append().ok());

  cluster.Kill(3);
  // Some may be taken until the leader has noticed; then none is.
  const absl::Time give_up = absl::Now() + kPatience;
  absl::Status refused;
  while (refused.ok() && absl::Now() < give_up) refused = writer.Append();
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_TRUE(absl::IsUnavailable(writer.Append()));

  cluster.Start(3);
  ASSERT_TRUE(writer.AppendUntilAcknowledged());
  EXPECT_EQ(writer.Check(), "");
}

TEST(KafkaBrokersTest, FullDiskIsUnavailableAndLosesNothing) {
  const simulation::ScratchFolder folder;
  SmallDisk disk(folder.path(), 400);
  if (!disk.is_mounted()) GTEST_SKIP() << "no right to mount a small disk";
  Cluster cluster(1, folder.path());
  const KafkaLogOptions options = OptionsFor(cluster);
  ASSERT_TRUE(InitKafkaLog(options, 1, 1).ok());
  const auto log = OpenKafkaLog(options);
  ASSERT_TRUE(log.ok()) << log.status();
  Writer writer(log->get(), size_t{1} << 20);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(writer.Append().ok());

  disk.FillUpTo(8);
  const absl::Time give_up = absl::Now() + kPatience;
  absl::Status refused;
  while (refused.ok() && absl::Now() < give_up) refused = writer.Append();
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_GE(writer.acknowledged(), 5u);

  // The broker has given its disk up and ended, or will not take anything more: it is started again
  // where there is room.
  disk.MakeRoom();
  cluster.Kill();
  cluster.Start();
  ASSERT_TRUE(writer.AppendUntilAcknowledged());
  EXPECT_EQ(writer.Check(), "");
}

TEST(KafkaBrokersTest, StandstillIsBoundedInMemoryAndMended) {
  Cluster cluster(1);
  const KafkaLogOptions options = OptionsFor(cluster);
  ASSERT_TRUE(InitKafkaLog(options, 1, 1).ok());
  const auto log = OpenKafkaLog(options);
  ASSERT_TRUE(log.ok()) << log.status();
  Writer writer(log->get());
  ASSERT_TRUE(writer.Append().ok());
  const uint64_t before = ResidentBytes();

  cluster.Freeze();
  const auto seconds =
      static_cast<int64_t>(simulation::FromEnvironment("CARNET_FREEZE_SECONDS", 10));
  const absl::Time until = absl::Now() + absl::Seconds(seconds);
  std::mutex mutex;
  std::condition_variable answered;
  // Guarded by mutex.
  size_t under_way = 0;
  size_t falsely_acknowledged = 0;
  size_t unknown = 0;
  size_t busy = 0;
  uint64_t most = before;
  while (absl::Now() < until) {
    std::unique_lock lock(mutex);
    ++under_way;
    lock.unlock();
    (*log)->Append(0, {{.key = "shop", .value = std::string(100'000, 'y')}},
                   [&](const absl::StatusOr<Offsets>& offsets) {
                     const std::lock_guard answering(mutex);
                     --under_way;
                     if (offsets.ok()) {
                       ++falsely_acknowledged;
                     } else {
                       ++(ReasonOf(offsets.status()) == "LOG_BUSY" ? busy : unknown);
                     }
                     answered.notify_all();
                   });
    most = std::max(most, ResidentBytes());
    // As many as a crowd of publishers would have on their way.
    lock.lock();
    answered.wait_for(lock, std::chrono::seconds(1), [&] { return under_way < 2000; });
  }
  EXPECT_LT(most - before, uint64_t{64} << 20);
  {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(falsely_acknowledged, 0u);
    EXPECT_GT(busy, 0u);
    EXPECT_GT(unknown, 0u);
  }
  cluster.Thaw();
  ASSERT_TRUE(writer.AppendUntilAcknowledged());
  EXPECT_EQ(writer.Check(), "");
  std::unique_lock lock(mutex);
  EXPECT_TRUE(answered.wait_for(lock, std::chrono::seconds(60), [&] { return under_way == 0; }));
}

}  // namespace
}  // namespace carnet::event_log
