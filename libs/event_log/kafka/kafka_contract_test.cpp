#include <atomic>
#include <string>

#include "absl/strings/str_cat.h"

#include "event_log/contract_test.h"
#include "event_log/kafka/kafka_log.h"
#include "tests/kafka/cluster.h"

namespace carnet::event_log {
namespace {

// A topic of its own on the one broker of this process.
class KafkaUnderTest final : public LogUnderTest {
 public:
  explicit KafkaUnderTest(int32_t partition_count) {
    static std::atomic<int> count = 0;
    options_.connection.brokers = kafka_cluster::Cluster::Single().bootstrap();
    options_.topic = absl::StrCat("contract-", ++count);
    options_.development = true;
    const auto identity = InitKafkaLog(options_, partition_count, /*replicas=*/1);
    EXPECT_TRUE(identity.ok()) << identity.status();
  }

  std::unique_ptr<EventLog> Open() override {
    auto log = OpenKafkaLog(options_);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }

  // A broker of its own decides.
  bool HoldSyncs(bool) override { return false; }

 private:
  KafkaLogOptions options_;
};

std::unique_ptr<LogUnderTest> Make(int32_t partition_count) {
  return std::make_unique<KafkaUnderTest>(partition_count);
}

INSTANTIATE_TEST_SUITE_P(Kafka, EventLogContract, testing::Values(&Make));

}  // namespace
}  // namespace carnet::event_log
