#include "event_log/embedded/row_encoding.h"

#include "base/bytes.h"

namespace carnet::event_log {

std::string RowKey(int32_t partition, int64_t offset) {
  std::string key;
  AppendBigEndian32(static_cast<uint32_t>(partition), &key);
  AppendBigEndian64(static_cast<uint64_t>(offset), &key);
  return key;
}

bool ParseRowKey(std::string_view row_key, int32_t* partition, int64_t* offset) {
  if (row_key.size() != kRowKeyBytes) return false;
  *partition = static_cast<int32_t>(ReadBigEndian32(row_key));
  *offset = static_cast<int64_t>(ReadBigEndian64(row_key.substr(kRowPartitionBytes)));
  return *partition >= 0 && *offset >= 0;
}

std::string RowValueHead(std::string_view record_key) {
  std::string head;
  size_t rest = record_key.size();
  while (rest >= 0x80) {
    head.push_back(static_cast<char>(rest | 0x80));
    rest >>= 7;
  }
  head.push_back(static_cast<char>(rest));
  head.append(record_key);
  return head;
}

bool ParseRowValue(std::string_view row_value, std::string_view* record_key,
                   std::string_view* record_value) {
  size_t key_size = 0;
  size_t at = 0;
  for (int shift = 0;; shift += 7, ++at) {
    if (at == row_value.size() || shift > 28) return false;
    const auto byte = static_cast<unsigned char>(row_value[at]);
    key_size |= static_cast<size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  ++at;
  if (row_value.size() - at < key_size) return false;
  *record_key = row_value.substr(at, key_size);
  *record_value = row_value.substr(at + key_size);
  return true;
}

}  // namespace carnet::event_log
