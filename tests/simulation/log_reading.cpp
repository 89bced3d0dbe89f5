#include "tests/simulation/log_reading.h"

#include <map>

#include "absl/time/clock.h"

#include "base/fatal.h"
#include "base/partition.h"
#include "carnet/log/v1/log.pb.h"
#include "domain/form.h"
#include "event_log/simulated/simulated_log.h"
#include "projection/refold.h"

namespace carnet::simulation {

std::vector<event_log::Record> ReadAll(event_log::EventLog* log, int32_t partition) {
  const int64_t end = *log->EndOffset(partition);
  const auto cursor = *log->Read(partition, 1);
  std::vector<event_log::Record> records;
  while (cursor->position() < end) {
    const auto batch = cursor->Next(1000, size_t{1} << 20, absl::Now() + absl::Seconds(30));
    CARNET_ASSERT(batch.ok() && !batch->empty());
    for (const auto& record : *batch) {
      records.push_back({.key = std::string(record.key), .value = std::string(record.value)});
    }
  }
  return records;
}

std::unique_ptr<event_log::EventLog> Rekeyed(event_log::EventLog* log, int32_t partition_count,
                                             Random* random) {
  std::map<std::string, std::vector<event_log::Record>> by_merchant;
  for (int32_t partition = 0; partition < log->identity().partition_count; ++partition) {
    for (event_log::Record& record : ReadAll(log, partition)) {
      carnet::log::v1::LogRecord parsed;
      const bool trusted = parsed.ParseFromString(record.value) &&
                           domain::IsName(parsed.change().merchant()) &&
                           parsed.change().merchant() == record.key &&
                           PartitionOf(record.key, log->identity().partition_count) == partition;
      if (trusted) by_merchant[record.key].push_back(std::move(record));
    }
  }
  auto copy = std::make_unique<event_log::SimulatedLog>(
      std::make_shared<event_log::SimulatedDisk>(partition_count, random->Below(1 << 30)),
      event_log::SimulatedLog::Options{});
  std::vector<std::string> unfinished;
  std::map<std::string, size_t> copied;
  for (const auto& [merchant, records] : by_merchant) unfinished.push_back(merchant);
  while (!unfinished.empty()) {
    const size_t which = random->Below(unfinished.size());
    const std::string& merchant = unfinished[which];
    auto& records = by_merchant[merchant];
    size_t& next = copied[merchant];
    copy->Append(PartitionOf(merchant, partition_count), {std::move(records[next])},
                 [](const absl::StatusOr<int64_t>& offset) { CARNET_ASSERT(offset.ok()); });
    if (++next == records.size()) {
      unfinished.erase(unfinished.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
  return copy;
}

MemoryViews FreshFold(event_log::EventLog* log, int32_t partition, int64_t up_to,
                      size_t batch_size) {
  MemoryViews views;
  const absl::Status status = projection::FoldInto(log, partition, up_to, &views, batch_size);
  CARNET_ASSERT(status.ok());
  return views;
}

}  // namespace carnet::simulation
