#include "event_log/control_records.h"

#include "absl/strings/str_cat.h"

#include "base/error.h"
#include "base/fatal.h"
#include "carnet/log/v1/log.pb.h"

namespace carnet::event_log {
namespace {

bool Parse(std::string_view value, log::v1::LogRecord* record) {
  return record->ParseFromArray(value.data(), static_cast<int>(value.size()));
}

}  // namespace

Record MakeManifest(const Identity& identity, int32_t partition, int64_t created_at_micros) {
  log::v1::LogRecord record;
  log::v1::Manifest* manifest = record.mutable_manifest();
  manifest->set_log_id(std::string(identity.log_id.bytes()));
  manifest->set_partition(partition);
  manifest->set_partition_count(identity.partition_count);
  manifest->set_created_at_micros(created_at_micros);
  return {.value = record.SerializeAsString()};
}

absl::StatusOr<Identity> ReadManifest(std::string_view key, std::string_view value,
                                      int32_t partition) {
  log::v1::LogRecord record;
  const auto wrong = [&](std::string_view what) {
    return Error(
        absl::StatusCode::kFailedPrecondition, "NOT_A_LOG",
        absl::StrCat("partition ", partition, ": ", absl::string_view(what.data(), what.size())));
  };
  if (!key.empty() || !Parse(value, &record) || !record.has_manifest()) {
    return wrong("the record at offset 0 is no manifest of a Carnet log");
  }
  const log::v1::Manifest& manifest = record.manifest();
  const auto log_id = Uuid::FromBytes(manifest.log_id());
  if (!log_id || manifest.partition_count() < 1 || manifest.partition_count() > kMaxPartitions) {
    return wrong("its manifest can't be read by this version");
  }
  if (manifest.partition() != partition) {
    return wrong(absl::StrCat("its manifest is that of partition ", manifest.partition()));
  }
  return Identity{.log_id = *log_id, .partition_count = manifest.partition_count()};
}

Record MakeSeal(const Uuid& successor_log_id) {
  log::v1::LogRecord record;
  log::v1::LogSealed* seal = record.mutable_log_sealed();
  if (!successor_log_id.is_nil()) {
    seal->set_successor_log_id(std::string(successor_log_id.bytes()));
  }
  return {.value = record.SerializeAsString()};
}

bool IsSeal(std::string_view key, std::string_view value) {
  // Changes always have a key, so that only the few records of the partition itself are parsed.
  if (!key.empty()) return false;
  log::v1::LogRecord record;
  return Parse(value, &record) && record.has_log_sealed();
}

Uuid SuccessorIn(std::string_view key, std::string_view value) {
  log::v1::LogRecord record;
  if (!key.empty() || !Parse(value, &record)) return Uuid();
  return Uuid::FromBytes(record.log_sealed().successor_log_id()).value_or(Uuid());
}

absl::Status CheckPartition(const Identity& identity, int32_t partition) {
  if (partition >= 0 && partition < identity.partition_count) return absl::OkStatus();
  return Error(
      absl::StatusCode::kInvalidArgument, "NO_SUCH_PARTITION",
      absl::StrCat("partition ", partition, " is not one of the log's ", identity.partition_count));
}

absl::Status CheckAppend(const Identity& identity, int32_t partition,
                         const std::vector<Record>& records) {
  CARNET_ASSERT(!records.empty());
  if (absl::Status status = CheckPartition(identity, partition); !status.ok()) return status;
  size_t total = 0;
  for (const Record& record : records) {
    total += SizeOf(record);
    if (SizeOf(record) > kMaxRecordBytes) {
      return Error(absl::StatusCode::kInvalidArgument, "RECORD_TOO_LARGE",
                   absl::StrCat("a record of ", SizeOf(record), " bytes; at most ", kMaxRecordBytes,
                                " are allowed"));
    }
    if (&record != &records.back() && IsSeal(record.key, record.value)) {
      return SealedError(partition);
    }
  }
  if (total > kMaxAppendBytes) {
    return Error(absl::StatusCode::kInvalidArgument, "RECORD_TOO_LARGE",
                 absl::StrCat("an append of ", total, " bytes; at most ", kMaxAppendBytes,
                              " are allowed, append it in parts"));
  }
  return absl::OkStatus();
}

absl::Status SealedError(int32_t partition) {
  return Error(
      absl::StatusCode::kFailedPrecondition, "LOG_SEALED",
      absl::StrCat("partition ", partition, " of the log is sealed: it goes on in another log"));
}

absl::Status CheckPosition(int32_t partition, int64_t offset, int64_t first, int64_t end) {
  if (offset >= first && offset <= end) return absl::OkStatus();
  return Error(absl::StatusCode::kOutOfRange, "LOG_CUT",
               absl::StrCat("partition ", partition, " holds offsets ", first, " to ", end,
                            ", not ", offset, ": the log was cut or replaced"));
}

}  // namespace carnet::event_log
