#include "projection/resume_check.h"

#include <string>

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "carnet/log/v1/log.pb.h"
#include "event_log/quarantine.h"

namespace carnet::projection {
namespace {

using carnet::log::v1::LogRecord;
using carnet::log::v1::PositionRow;

constexpr size_t kNoMatterHowLarge = event_log::kMaxRecordBytes;

absl::Status Cut(const std::string& what) {
  return Error(
      absl::StatusCode::kFailedPrecondition, "LOG_CUT",
      absl::StrCat(
          what, ". Restore the log from a backup, or rebuild the views from what is left of it"));
}

absl::Status Replaced(const std::string& what) {
  return Error(
      absl::StatusCode::kFailedPrecondition, "LOG_REPLACED",
      absl::StrCat(what,
                   ". Give back the log that these views were made from, or rebuild the views"));
}

struct Found {
  std::string hash;
  LogRecord record;
  bool parsed = false;
};

// The record at `offset`. OUT_OF_RANGE from the log, or another record in its place, means that it
// is gone.
absl::StatusOr<Found> ReadAt(event_log::EventLog* log, int32_t partition, int64_t offset,
                             absl::Time deadline) {
  auto cursor = log->Read(partition, offset);
  if (absl::IsOutOfRange(cursor.status()))
    return Cut(absl::StrCat("the log no longer holds offset ", offset));
  if (!cursor.ok()) return cursor.status();
  const auto records = (*cursor)->Next(1, kNoMatterHowLarge, deadline);
  if (absl::IsOutOfRange(records.status()))
    return Cut(absl::StrCat("the log no longer holds offset ", offset));
  if (!records.ok()) return records.status();
  if (records->empty())
    return absl::UnavailableError(absl::StrCat("offset ", offset, " could not be read in time"));
  const event_log::StoredRecord& stored = records->front();
  if (stored.offset != offset)
    return Replaced(absl::StrCat("there is no record at offset ", offset, " any more"));
  Found found;
  found.hash = event_log::RecordHash(stored.key, stored.value);
  found.parsed =
      found.record.ParseFromArray(stored.value.data(), static_cast<int>(stored.value.size()));
  return found;
}

}  // namespace

absl::Status CheckSameLog(const event_log::EventLog& log, const PositionRow& position) {
  if (position.log_id().empty() || position.log_id() == log.identity().log_id.bytes())
    return absl::OkStatus();
  const auto theirs = Uuid::FromBytes(position.log_id());
  return Error(
      absl::StatusCode::kFailedPrecondition, "VIEWS_OF_ANOTHER_LOG",
      absl::StrCat("the views were folded from log ", theirs ? theirs->ToString() : "(unreadable)",
                   ", this one is ", log.identity().log_id.ToString(),
                   ". Give the log they belong to, or another folder for the views"));
}

absl::StatusOr<Resume> CheckResume(event_log::EventLog* log, int32_t partition,
                                   const PositionRow& position, absl::Time deadline) {
  if (absl::Status status = CheckSameLog(*log, position); !status.ok()) return status;

  const auto first = log->FirstOffset(partition);
  if (!first.ok()) return first.status();
  if (*first > 0) return Cut(absl::StrCat("the log begins at offset ", *first));
  const auto end = log->EndOffset(partition);
  if (!end.ok()) return end.status();
  if (*end < position.offset()) {
    return Cut(
        absl::StrCat("the log ends at offset ", *end, ", the views stand at ", position.offset()));
  }

  const auto manifest = ReadAt(log, partition, 0, deadline);
  if (!manifest.ok()) return manifest.status();
  if (!manifest->parsed || !manifest->record.has_manifest() ||
      manifest->record.manifest().log_id() != log->identity().log_id.bytes() ||
      manifest->record.manifest().partition() != partition) {
    return Replaced("the manifest at offset 0 is another one");
  }

  Resume resume;
  if (position.last_offset() < 0) return resume;
  const auto last = ReadAt(log, partition, position.last_offset(), deadline);
  if (!last.ok()) return last.status();
  if (last->hash != position.last_record_hash()) {
    return Replaced(absl::StrCat("the record at offset ", position.last_offset(),
                                 " is not the one that was folded"));
  }
  resume.sealed = last->parsed && last->record.has_log_sealed();
  return resume;
}

}  // namespace carnet::projection
