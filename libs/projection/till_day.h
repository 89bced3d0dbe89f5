// A shop chain's day as records of a log: 15 % contact changes, 55 % sales, 25 % receipts, 5 %
// set-debt, some delivered twice. The same again for the same seed. For tests and benchmarks.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "carnet/log/v1/log.pb.h"
#include "event_log/event_log.h"

namespace carnet::projection {

struct TillDayOptions {
  uint32_t merchants = 50;
  uint32_t customers = 200'000;  // of all merchants together; drawn by Zipf's law within a
                                 // merchant, as are merchants
  uint32_t redelivered_percent = 1;
  uint64_t seed = 1;
};

class TillDay {
 public:
  explicit TillDay(const TillDayOptions& options);

  // The next record: a change, sealed and stamped as a gateway would.
  event_log::Record Next();

 private:
  // Zipf with exponent 0.99 over 0 … n-1, by a table of cumulated weights.
  class Zipf {
   public:
    explicit Zipf(uint32_t n);
    uint32_t Draw(std::mt19937_64* random) const;

   private:
    std::vector<double> cumulated_;
  };

  carnet::log::v1::Change NewChange();
  void FillContact(uint64_t customer, carnet::log::v1::Change* change);
  uint64_t Below(uint64_t bound) { return random_() % bound; }

  const TillDayOptions options_;
  std::mt19937_64 random_;
  const Zipf merchants_;
  const Zipf customers_;
  std::vector<uint64_t> codes_;            // of each merchant's source, the newest voucher's number
  std::vector<event_log::Record> recent_;  // to be delivered again
  uint64_t count_ = 0;
};

// A record as it stands in the log. `merchant` is key and content.
event_log::Record RecordOf(const carnet::log::v1::Change& change);

}  // namespace carnet::projection
