// Records that an operator took out of the fold: how they are known again, and the entries that say
// so. An entry's key is log id (16), partition and offset (big-endian, 4 and 8); its value the
// message QuarantineEntry. Both are a persistent format, in the embedded log and in Kafka's topic
// alike.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "carnet/log/v1/log.pb.h"
#include "event_log/event_log.h"

namespace carnet::event_log {

// 16 bytes by which a record is known again: of SHA-256 over the key's length, key and value.
std::string RecordHash(std::string_view key, std::string_view value);

// An entry for a record of that log; note, actor and time are the caller's to set.
log::v1::QuarantineEntry MakeQuarantineEntry(const Identity& identity, int32_t partition,
                                             const StoredRecord& record);

std::string QuarantineKey(const log::v1::QuarantineEntry& entry);

// INVALID_ARGUMENT(NO_SUCH_PARTITION, NOT_OF_THIS_LOG).
absl::Status CheckQuarantineEntry(const Identity& identity, const log::v1::QuarantineEntry& entry);

// Entries of one log, as read so far. The first of a record counts. Not for several threads.
class QuarantineEntries {
 public:
  explicit QuarantineEntries(const Identity& identity) : identity_(identity) {}

  // Takes a row of a topic or a family; what is of another log, or none, is passed over.
  void Add(std::string_view key, std::string_view value);
  void Add(const log::v1::QuarantineEntry& entry);
  bool Has(const log::v1::QuarantineEntry& entry) const;
  std::vector<log::v1::QuarantineEntry> Of(int32_t partition) const;

 private:
  const Identity identity_;
  std::map<std::string, log::v1::QuarantineEntry> entries_;  // by QuarantineKey()
};

}  // namespace carnet::event_log
