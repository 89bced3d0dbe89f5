#include "event_log/contract_test.h"
#include "event_log/embedded/embedded_log.h"
#include "event_log/embedded/scratch_folder_test.h"
#include "tests/simulation/lossy_file_system.h"

namespace carnet::event_log {
namespace {

class EmbeddedUnderTest final : public LogUnderTest {
 public:
  explicit EmbeddedUnderTest(int32_t partition_count) {
    // A tail of a few records and small buffers, so that reads go through memory, memtables and
    // files.
    options_.tail_bytes = 30'000;
    options_.write_buffer_bytes = size_t{64} << 10;
    options_.env = EnvOn(disk_);
    const auto identity = InitEmbeddedLog(folder_ / "log", partition_count, options_);
    EXPECT_TRUE(identity.ok()) << identity.status();
  }

  std::unique_ptr<EventLog> Open() override {
    auto log = OpenEmbeddedLog(folder_ / "log", options_);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }

  bool HoldSyncs(bool hold) override {
    disk_->HoldSyncs(hold);
    return true;
  }

 private:
  ScratchFolder folder_;
  const std::shared_ptr<LossyFileSystem> disk_ =
      std::make_shared<LossyFileSystem>(folder_ / "graveyard", /*seed=*/1);
  EmbeddedLogOptions options_;
};

std::unique_ptr<LogUnderTest> Make(int32_t partition_count) {
  return std::make_unique<EmbeddedUnderTest>(partition_count);
}

INSTANTIATE_TEST_SUITE_P(Embedded, EventLogContract, testing::Values(&Make));

}  // namespace
}  // namespace carnet::event_log
