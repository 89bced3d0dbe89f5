// Unary calls, so many at a time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>

#include "tests/bench/server.h"

namespace carnet::bench {

grpc::ByteBuffer Encode(const google::protobuf::MessageLite& message);

struct LoadResult {
  int64_t calls = 0;
  double per_second = 0;
  // Processor time a call, microseconds.
  double server_us = 0;
  double client_us = 0;
  // From the call's start to its answer, milliseconds.
  double p50_ms = 0;
  double p99_ms = 0;
};

// Sends `requests` over one connection, kInFlight at a time: each of them once, or, if `seconds` is
// not 0, in turn for so long. Requests are encoded before and answers are not decoded: the client,
// which runs on the same cores, costs as little as can be. `credential`: a key to send along, or
// empty. A call that fails ends the program.
inline constexpr int kInFlight = 64;
LoadResult RunLoad(const Server& server, const std::string& method,
                   const std::vector<grpc::ByteBuffer>& requests, double seconds,
                   const std::string& credential = "");

// The p-th part of `values`, which it sorts; 0 if there are none.
double Percentile(std::vector<double>* values, double p);

}  // namespace carnet::bench
