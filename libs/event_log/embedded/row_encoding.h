// How a record stands in the embedded log. A persistent format: row_encoding_test.cpp pins it.
//
//   key    partition    4 bytes, big-endian, unsigned
//          offset       8 bytes, big-endian, unsigned; so byte order is reading order
//   value  key length   LEB128 varint (one byte up to 127)
//          record key   that many bytes
//          record value the rest
//
// Bytes are guarded by RocksDB's checksums, of the write-ahead log and of each block.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace carnet::event_log {

inline constexpr size_t kRowKeyBytes = 12;
inline constexpr size_t kRowPartitionBytes = 4;

std::string RowKey(int32_t partition, int64_t offset);

// False for a key that is none.
bool ParseRowKey(std::string_view row_key, int32_t* partition, int64_t* offset);

// What stands before the record's value: key length and key.
std::string RowValueHead(std::string_view record_key);

// Views into `row_value`; false if it is too short.
bool ParseRowValue(std::string_view row_value, std::string_view* record_key,
                   std::string_view* record_value);

}  // namespace carnet::event_log
