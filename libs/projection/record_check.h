// What a record of the log is, before any state is looked at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "google/protobuf/arena.h"

#include "carnet/log/v1/log.pb.h"
#include "event_log/event_log.h"

namespace carnet::projection {

enum class RecordKind {
  kManifest,    // offset 0
  kLogSealed,   // the last record of a log that goes on elsewhere
  kChange,      // a change whose merchant is well formed, the record's key, and of this partition
  kDeadLetter,  // the same, but the record around it can't be read as a whole
  kUntrusted,   // nothing in it can be relied on, its merchant least of all
};

struct CheckedRecord {
  RecordKind kind;
  const carnet::log::v1::LogRecord* record;  // in the arena; as far as it could be parsed
  std::string_view reason;                   // of domain/reasons.h, for the last two kinds
  std::string detail;                        // a sentence, no personal data
};

// The verdict depends on the record, its offset, the log's partition count and the partition alone.
CheckedRecord CheckRecord(const event_log::StoredRecord& stored,
                          const event_log::Identity& identity, int32_t partition,
                          google::protobuf::Arena* arena);

}  // namespace carnet::projection
