#include "projector/log_search.h"

#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "absl/time/clock.h"

#include "base/error.h"

namespace carnet::projector_service {
namespace {

using carnet::log::v1::Change;
using carnet::log::v1::LogRecord;

constexpr size_t kRecords = 1000;
constexpr size_t kBytes = size_t{4} << 20;
// Gateways' clocks are this far apart at most, and something is on its way in between.
constexpr int64_t kAroundMicros = int64_t{5} * 60 * 1'000'000;

bool Read(const event_log::StoredRecord& stored, LogRecord* record) {
  return record->ParseFromArray(stored.value.data(), static_cast<int>(stored.value.size())) &&
         record->has_change();
}

absl::Status TooLong() {
  return Error(absl::StatusCode::kDeadlineExceeded, "SEARCH_TOO_LONG",
               "the log is long, and the delivery was not found in time: give it more");
}

class Search {
 public:
  Search(event_log::EventLog* log, int32_t partition, absl::Time deadline)
      : log_(log), partition_(partition), deadline_(deadline) {}

  // The first offset of which all before it were recorded before `at_micros`, as far as one can
  // tell by halving.
  absl::StatusOr<int64_t> FirstFrom(int64_t at_micros, int64_t first, int64_t end) {
    while (end - first > static_cast<int64_t>(kRecords)) {
      const int64_t middle = first + (end - first) / 2;
      auto recorded = RecordedFrom(middle);
      if (!recorded.ok()) return recorded.status();
      if (*recorded < at_micros) {
        first = middle;
      } else {
        end = middle;
      }
    }
    return first;
  }

  // The last one that `is_wanted` between two offsets, or until what was recorded after
  // `until_micros`.
  template <typename IsWanted>
  absl::StatusOr<std::optional<Change>> LastOf(int64_t first, int64_t end, int64_t until_micros,
                                               std::string_view merchant, IsWanted is_wanted) {
    std::optional<Change> found;
    auto cursor = log_->Read(partition_, first);
    if (!cursor.ok()) return cursor.status();
    LogRecord record;
    while ((*cursor)->position() < end) {
      if (absl::Now() >= deadline_) return TooLong();
      auto records = (*cursor)->Next(kRecords, kBytes, deadline_);
      if (!records.ok()) return records.status();
      for (const event_log::StoredRecord& stored : *records) {
        if (stored.offset >= end) return found;
        if (stored.key != merchant) continue;
        if (!Read(stored, &record)) continue;
        if (record.change().recorded_at_micros() > until_micros) return found;
        if (is_wanted(record.change())) found = record.change();
      }
    }
    return found;
  }

 private:
  // When the first change at or behind an offset was recorded; late where there is none.
  absl::StatusOr<int64_t> RecordedFrom(int64_t offset) {
    if (absl::Now() >= deadline_) return TooLong();
    auto cursor = log_->Read(partition_, offset);
    if (!cursor.ok()) return cursor.status();
    auto records = (*cursor)->Next(/*max_records=*/4, kBytes, deadline_);
    if (!records.ok()) return records.status();
    LogRecord record;
    for (const event_log::StoredRecord& stored : *records) {
      if (Read(stored, &record)) return record.change().recorded_at_micros();
    }
    return std::numeric_limits<int64_t>::max();
  }

  event_log::EventLog* const log_;
  const int32_t partition_;
  const absl::Time deadline_;
};

}  // namespace

absl::StatusOr<Change> FindInLog(event_log::EventLog* log, int32_t partition,
                                 std::string_view merchant, const std::string& change_id,
                                 const std::string& content_hash, int64_t recorded_at_micros,
                                 absl::Time deadline) {
  const auto first = log->FirstOffset(partition);
  if (!first.ok()) return first.status();
  const auto end = log->EndOffset(partition);
  if (!end.ok()) return end.status();
  Search search(log, partition, deadline);
  const auto is_wanted = [&](const Change& change) {
    return change.id() == change_id && change.content_hash() == content_hash;
  };
  const auto from = search.FirstFrom(recorded_at_micros - kAroundMicros, *first, *end);
  if (!from.ok()) return from.status();
  auto found = search.LastOf(*from, *end, recorded_at_micros + kAroundMicros, merchant, is_wanted);
  if (found.ok() && !*found) {
    found = search.LastOf(*first, *end, std::numeric_limits<int64_t>::max(), merchant, is_wanted);
  }
  if (!found.ok()) return found.status();
  if (*found) return **std::move(found);
  return Error(absl::StatusCode::kNotFound, "CHANGE_UNKNOWN",
               "the log does not have the delivery any more");
}

}  // namespace carnet::projector_service
