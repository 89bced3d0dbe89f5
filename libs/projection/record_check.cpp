#include "projection/record_check.h"

#include "absl/strings/str_cat.h"

#include "base/partition.h"
#include "domain/form.h"
#include "domain/reasons.h"

namespace carnet::projection {
namespace {

using carnet::log::v1::LogRecord;

CheckedRecord Untrusted(const LogRecord* record, std::string_view reason, std::string detail) {
  return {RecordKind::kUntrusted, record, reason, std::move(detail)};
}

bool HasUnknownFields(const LogRecord& record) {
  return !record.GetReflection()->GetUnknownFields(record).empty();
}

}  // namespace

CheckedRecord CheckRecord(const event_log::StoredRecord& stored,
                          const event_log::Identity& identity, int32_t partition,
                          google::protobuf::Arena* arena) {
  auto* record = google::protobuf::Arena::CreateMessage<LogRecord>(arena);
  if (!record->ParseFromArray(stored.value.data(), static_cast<int>(stored.value.size()))) {
    return Untrusted(record, domain::reason::kUnparsable,
                     "not a record, or text in it that is not UTF-8");
  }
  switch (record->record_case()) {
    case LogRecord::kManifest:
      if (stored.offset == 0) return {RecordKind::kManifest, record, {}, {}};
      return Untrusted(record, domain::reason::kUnparsable,
                       "a manifest that is not the first record");
    case LogRecord::kLogSealed:
      return {RecordKind::kLogSealed, record, {}, {}};
    case LogRecord::RECORD_NOT_SET:
      if (HasUnknownFields(*record)) {
        return Untrusted(record, domain::reason::kUnknownField,
                         "a kind of record that this version does not know");
      }
      return Untrusted(record, domain::reason::kUnparsable, "an empty record");
    case LogRecord::kChange:
      break;
  }

  const std::string& merchant = record->change().merchant();
  if (stored.key != merchant) {
    return Untrusted(record, domain::reason::kMerchantMismatch,
                     "the record's key is not the change's merchant");
  }
  if (!domain::IsName(merchant)) {
    return Untrusted(record, domain::reason::kNameMalformed,
                     "the merchant is not of the form [a-z0-9][a-z0-9._-]{0,62}");
  }
  if (const int32_t home = PartitionOf(merchant, identity.partition_count); home != partition) {
    return Untrusted(record, domain::reason::kWrongPartition,
                     absl::StrCat("the merchant belongs to partition ", home));
  }
  if (HasUnknownFields(*record)) {
    return {RecordKind::kDeadLetter, record, domain::reason::kUnknownField,
            "fields beside the change that this version does not know"};
  }
  return {RecordKind::kChange, record, {}, {}};
}

}  // namespace carnet::projection
