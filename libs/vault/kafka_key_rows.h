// What stands in a topic of keys, in memory: for kafka_key_store.cpp.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "base/uuid.h"
#include "vault/erased_records.h"
#include "vault/key_rows.h"

namespace carnet::vault {

// All rows of a topic of keys, as far as it was read. One thread at a time.
class KafkaKeyRows {
 public:
  explicit KafkaKeyRows(ErasedRecords* erased) : erased_(erased) {}

  // The next row of the topic; `tombstone`: it has no value.
  void Apply(std::string_view key, std::string_view value, bool tombstone);

  const std::string& check() const { return check_; }
  const std::string* MerchantRow(std::string_view merchant) const {
    const auto found = merchants_.find(std::string(merchant));
    return found == merchants_.end() ? nullptr : &found->second;
  }
  const std::string* KeyOf(std::string_view merchant, std::string_view key_id) const {
    const auto found = keys_.find(RowKey(kKeyRow, merchant, key_id));
    return found == keys_.end() ? nullptr : &found->second;
  }
  // Key ids of a record, the newest last.
  std::string KeysOf(std::string_view merchant, const Uuid& record) const {
    const auto found = records_.find(RowKey(kRecordRow, merchant, record.bytes()));
    return found == records_.end() ? std::string() : found->second;
  }
  std::vector<std::string> Merchants() const {
    std::vector<std::string> all;
    for (const auto& [merchant, row] : merchants_) all.push_back(merchant);
    std::sort(all.begin(), all.end());
    return all;
  }
  // "r" rows as key_rows.h has them.
  const std::map<std::string, std::string>& Records() const { return records_; }
  bool HasRecordKeys(std::string_view merchant) const {
    const std::string prefix = RowKey(kRecordRow, merchant);
    const auto next = records_.lower_bound(prefix);
    return next != records_.end() && next->first.starts_with(prefix);
  }

 private:
  void Forget(std::string_view key, std::string_view merchant, std::string_view id);

  ErasedRecords* const erased_;
  std::string check_;
  absl::flat_hash_map<std::string, std::string> merchants_;
  absl::flat_hash_map<std::string, std::string> keys_;
  std::map<std::string, std::string> records_;
};

}  // namespace carnet::vault
