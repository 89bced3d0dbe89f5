// What tests of projections do all the time: changes in few words, appended to a simulated log;
// views in a folder.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

#include "base/bytes.h"
#include "base/sha256.h"
#include "carnet/log/v1/log.pb.h"
#include "event_log/simulated/simulated_log.h"
#include "projection/till_day.h"
#include "view_store/view_store.h"

namespace carnet::projection {

// No test waits longer for what must happen.
inline constexpr absl::Duration kPatience = absl::Seconds(30);

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = testing::TempDir() + "projection_XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline view_store::ViewStoreOptions SmallStore() {
  view_store::ViewStoreOptions options;
  options.max_wal_bytes = 8 << 20;
  return options;
}

// A sale on account of `minor` VND, as a gateway would stamp it.
inline carnet::log::v1::Change Sale(const std::string& merchant, uint32_t id,
                                    int64_t minor = 1000) {
  carnet::log::v1::Change change;
  const std::string body = absl::StrCat(
      "posting { kind: VOUCHER_KIND_SALE code: 'S", id, "' total { unit: 'VND' minor: ", minor,
      " } tenders { method: TENDER_METHOD_ON_ACCOUNT amount { minor: ", minor, " } } }");
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(body, change.mutable_body()));
  std::string bytes(12, '\0');
  AppendBigEndian32(id, &bytes);
  change.set_id(bytes);
  change.set_content_hash(Sha256(body).substr(0, 16));
  change.set_merchant(merchant);
  change.set_channel("pos");
  change.set_source("till-1");
  change.set_external_id("card-7");
  change.set_effective_day(20574);
  change.set_recorded_day(20574);
  change.set_recorded_at_micros(int64_t{20574} * 86'400'000'000 + id);
  change.set_occurred_at_micros(change.recorded_at_micros());
  change.set_intent(carnet::v1::INTENT_FACT);
  change.set_rules_version(1);
  return change;
}

inline void Append(event_log::EventLog* log, int32_t partition,
                   std::vector<event_log::Record> records) {
  std::promise<absl::StatusOr<int64_t>> answer;
  log->Append(partition, std::move(records),
              [&](absl::StatusOr<int64_t> offset) { answer.set_value(std::move(offset)); });
  const auto offset = answer.get_future().get();
  ASSERT_TRUE(offset.ok()) << offset.status();
}

inline void Append(event_log::EventLog* log, int32_t partition,
                   const carnet::log::v1::Change& change) {
  Append(log, partition, {RecordOf(change)});
}

// `count` records of a small till day.
inline std::vector<event_log::Record> SomeRecords(size_t count, uint64_t seed = 1) {
  TillDay day({.merchants = 3, .customers = 60, .redelivered_percent = 5, .seed = seed});
  std::vector<event_log::Record> records;
  while (records.size() < count) records.push_back(day.Next());
  return records;
}

inline std::unique_ptr<event_log::SimulatedLog> NewLog(int32_t partitions = 1) {
  return std::make_unique<event_log::SimulatedLog>(
      std::make_shared<event_log::SimulatedDisk>(partitions, 1),
      event_log::SimulatedLog::Options{});
}

}  // namespace carnet::projection
