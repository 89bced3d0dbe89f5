#include "event_log/quarantine.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/sha256.h"
#include "event_log/control_records.h"

namespace carnet::event_log {

using log::v1::QuarantineEntry;

std::string RecordHash(std::string_view key, std::string_view value) {
  std::string bytes;
  bytes.reserve(4 + key.size() + value.size());
  AppendBigEndian32(static_cast<uint32_t>(key.size()), &bytes);
  bytes.append(key).append(value);
  return Sha256(bytes).substr(0, 16);
}

QuarantineEntry MakeQuarantineEntry(const Identity& identity, int32_t partition,
                                    const StoredRecord& record) {
  QuarantineEntry entry;
  entry.set_log_id(std::string(identity.log_id.bytes()));
  entry.set_partition(partition);
  entry.set_offset(record.offset);
  entry.set_record_hash(RecordHash(record.key, record.value));
  log::v1::LogRecord parsed;
  if (parsed.ParseFromArray(record.value.data(), static_cast<int>(record.value.size())) &&
      parsed.has_change()) {
    entry.set_merchant(parsed.change().merchant());
    entry.set_change_id(parsed.change().id());
  }
  return entry;
}

std::string QuarantineKey(const QuarantineEntry& entry) {
  std::string key = entry.log_id();
  AppendBigEndian32(static_cast<uint32_t>(entry.partition()), &key);
  AppendBigEndian64(static_cast<uint64_t>(entry.offset()), &key);
  return key;
}

absl::Status CheckQuarantineEntry(const Identity& identity, const QuarantineEntry& entry) {
  if (entry.log_id() != identity.log_id.bytes()) {
    return Error(absl::StatusCode::kInvalidArgument, "NOT_OF_THIS_LOG",
                 "the record to quarantine is of another log");
  }
  return CheckPartition(identity, entry.partition());
}

void QuarantineEntries::Add(std::string_view key, std::string_view value) {
  QuarantineEntry entry;
  if (!entry.ParseFromArray(value.data(), static_cast<int>(value.size()))) return;
  if (QuarantineKey(entry) == key) Add(entry);
}

void QuarantineEntries::Add(const QuarantineEntry& entry) {
  if (CheckQuarantineEntry(identity_, entry).ok()) entries_.emplace(QuarantineKey(entry), entry);
}

bool QuarantineEntries::Has(const QuarantineEntry& entry) const {
  return entries_.count(QuarantineKey(entry)) > 0;
}

std::vector<QuarantineEntry> QuarantineEntries::Of(int32_t partition) const {
  std::vector<QuarantineEntry> all;
  for (const auto& [key, entry] : entries_) {
    if (entry.partition() == partition) all.push_back(entry);
  }
  return all;
}

}  // namespace carnet::event_log
