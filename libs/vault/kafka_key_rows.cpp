#include "vault/kafka_key_rows.h"

#include "base/bytes.h"

namespace carnet::vault {

void KafkaKeyRows::Apply(std::string_view key, std::string_view value, bool tombstone) {
  if (key.empty()) return;
  std::string_view merchant;
  std::string_view id;
  switch (key.front()) {
    case kCheckRow:
      if (check_.empty()) check_ = value;
      return;
    case kMerchantRow:
      if (ParseRowKey(key, &merchant, &id) && !tombstone) {
        merchants_.emplace(std::string(merchant), std::string(value));
      }
      return;
    case kKeyRow:
      if (!ParseRowKey(key, &merchant, &id) || id.size() != Uuid::kSize) return;
      if (tombstone) {
        Forget(key, merchant, id);
      } else if (const auto record = RecordOf(value)) {
        if (!keys_.emplace(std::string(key), std::string(value)).second) return;
        records_[RowKey(kRecordRow, merchant, record->bytes())].append(id);
      }
      return;
    case kErasedRow:
      if (!ParseRowKey(key, &merchant, &id) || tombstone || value.size() != 8) return;
      if (const auto record = Uuid::FromBytes(id))
        erased_->Add(merchant, *record, static_cast<int64_t>(ReadBigEndian64(value)));
      return;
    default:
      return;
  }
}

void KafkaKeyRows::Forget(std::string_view key, std::string_view merchant, std::string_view id) {
  const auto row = keys_.find(std::string(key));
  if (row == keys_.end()) return;
  const auto record = RecordOf(row->second);
  keys_.erase(row);
  const auto list = records_.find(RowKey(kRecordRow, merchant, record->bytes()));
  if (list == records_.end()) return;
  std::string& ids = list->second;
  for (size_t at = 0; at < ids.size(); at += Uuid::kSize) {
    if (std::string_view(ids).substr(at, Uuid::kSize) != id) continue;
    ids.erase(at, Uuid::kSize);
    break;
  }
  if (ids.empty()) records_.erase(list);
}

}  // namespace carnet::vault
