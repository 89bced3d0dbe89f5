// What tests of logs do all the time: append and wait, read to the end.
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"

#include "event_log/event_log.h"

namespace carnet::event_log {

// No test waits longer for what must happen.
inline constexpr absl::Duration kTestPatience = absl::Seconds(30);

inline std::future<absl::StatusOr<int64_t>> StartAppend(EventLog* log, int32_t partition,
                                                        std::vector<Record> records) {
  auto answer = std::make_shared<std::promise<absl::StatusOr<int64_t>>>();
  auto future = answer->get_future();
  log->Append(partition, std::move(records), [answer](absl::StatusOr<int64_t> first_offset) {
    answer->set_value(std::move(first_offset));
  });
  return future;
}

inline absl::StatusOr<int64_t> AppendAndWait(EventLog* log, int32_t partition,
                                             std::vector<Record> records) {
  return StartAppend(log, partition, std::move(records)).get();
}

inline absl::StatusOr<int64_t> AppendValue(EventLog* log, int32_t partition,
                                           const std::string& value) {
  return AppendAndWait(log, partition, {{.key = "shop", .value = value}});
}

// A stored record that outlives its batch.
struct ReadRecord {
  int64_t offset = 0;
  std::string key;
  std::string value;
};

// All records from `from` to the end, in batches of `batch`.
inline absl::StatusOr<std::vector<ReadRecord>> ReadToEnd(EventLog* log, int32_t partition,
                                                         int64_t from, size_t batch = 1000) {
  const absl::StatusOr<int64_t> end = log->EndOffset(partition);
  if (!end.ok()) return end.status();
  auto cursor = log->Read(partition, from);
  if (!cursor.ok()) return cursor.status();
  std::vector<ReadRecord> records;
  while ((*cursor)->position() < *end) {
    const auto next = (*cursor)->Next(batch, size_t{1} << 20, absl::Now() + kTestPatience);
    if (!next.ok()) return next.status();
    if (next->empty()) return absl::DeadlineExceededError("the log has an end but gives nothing");
    for (const StoredRecord& record : *next) {
      records.push_back({.offset = record.offset,
                         .key = std::string(record.key),
                         .value = std::string(record.value)});
    }
  }
  return records;
}

// "0:manifest 1:a 2:b", for comparing; the manifest's value is binary.
inline std::string Show(const absl::StatusOr<std::vector<ReadRecord>>& records) {
  if (!records.ok()) return records.status().ToString();
  std::string text;
  for (const ReadRecord& record : *records) {
    if (!text.empty()) text += ' ';
    text += std::to_string(record.offset) + ':' + (record.offset == 0 ? "manifest" : record.value);
  }
  return text;
}

}  // namespace carnet::event_log
