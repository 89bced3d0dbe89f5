#include "event_log/contract_test.h"
#include "event_log/simulated/simulated_log.h"

namespace carnet::event_log {
namespace {

class SimulatedUnderTest final : public LogUnderTest {
 public:
  explicit SimulatedUnderTest(int32_t partition_count)
      : disk_(std::make_shared<SimulatedDisk>(partition_count, /*seed=*/1)) {}

  std::unique_ptr<EventLog> Open() override {
    auto log = std::make_unique<SimulatedLog>(disk_, SimulatedLog::Options());
    log_ = log.get();
    return log;
  }

  bool HoldSyncs(bool hold) override {
    log_->HoldSyncs(hold);
    return true;
  }

 private:
  const std::shared_ptr<SimulatedDisk> disk_;
  SimulatedLog* log_ = nullptr;
};

std::unique_ptr<LogUnderTest> Make(int32_t partition_count) {
  return std::make_unique<SimulatedUnderTest>(partition_count);
}

INSTANTIATE_TEST_SUITE_P(Simulated, EventLogContract, testing::Values(&Make));

}  // namespace
}  // namespace carnet::event_log
