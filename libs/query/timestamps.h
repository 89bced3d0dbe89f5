// Microseconds since 1970 as google.protobuf.Timestamp.
#pragma once

#include <cstdint>

#include <google/protobuf/timestamp.pb.h>

namespace carnet::query {

inline void SetTimestamp(int64_t micros, google::protobuf::Timestamp* timestamp) {
  constexpr int64_t kMicrosPerSecond = 1'000'000;
  int64_t seconds = micros / kMicrosPerSecond;
  int64_t rest = micros % kMicrosPerSecond;
  if (rest < 0) {  // nanos count forward, before 1970 too
    rest += kMicrosPerSecond;
    --seconds;
  }
  timestamp->set_seconds(seconds);
  timestamp->set_nanos(static_cast<int32_t>(rest * 1000));
}

}  // namespace carnet::query
