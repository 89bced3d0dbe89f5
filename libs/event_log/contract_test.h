// The contract of event_log.h as tests, for every kind of log. A kind joins by a LogUnderTest and
//
//   INSTANTIATE_TEST_SUITE_P(Kafka, EventLogContract, testing::Values(&MakeKafkaUnderTest));
//
// in a test of its own, linked together with contract_test.cpp.
#pragma once

#include <cstdint>
#include <memory>

#include <gtest/gtest.h>

#include "event_log/event_log.h"

namespace carnet::event_log {

// One stored log, made new for a test and gone with it.
class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;

  // Opens it. The log opened before must be gone.
  virtual std::unique_ptr<EventLog> Open() = 0;

  // From true on, appends are written but nothing becomes durable, until false. Returns false where
  // that can't be arranged: the test of it is skipped there. Called while a log is open.
  virtual bool HoldSyncs(bool hold) = 0;
};

using MakeLogUnderTest = std::unique_ptr<LogUnderTest> (*)(int32_t partition_count);

class EventLogContract : public testing::TestWithParam<MakeLogUnderTest> {
 protected:
  static constexpr int32_t kPartitions = 3;

  EventLogContract() : under_test_(GetParam()(kPartitions)), log_(under_test_->Open()) {}

  void Reopen() {
    log_.reset();
    log_ = under_test_->Open();
  }

  std::unique_ptr<LogUnderTest> under_test_;
  std::unique_ptr<EventLog> log_;
};

}  // namespace carnet::event_log
