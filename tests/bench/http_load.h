// POSTs over connections that are kept, by one thread: the client, which runs on the same cores,
// costs as little as can be.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/server.h"

namespace carnet::bench {

// As it goes over the wire; `headers`: whole lines, each with its end.
std::string PostOf(const std::string& path, const std::string& headers, const std::string& body);

struct HttpPace {
  int connections = 64;
  // How many are due a second, however late the answers are; 0: each connection sends its next one
  // when the last is answered.
  double per_second = 0;
};

struct HttpAnswered {
  double due = 0;           // as Now() has it; where there is no pace: when it was sent
  double milliseconds = 0;  // from then to the answer
};

struct HttpResult {
  double per_second = 0;
  double server_us = 0;  // processor time of the server a request
  std::vector<HttpAnswered> answers;

  // The p-th part of the milliseconds of those that were due in that time.
  double PercentileMs(double p, double from = 0, double to = 1e18) const;
};

// Sends `requests`, each once. An answer other than 200, or one that tells of an "error", ends the
// program. `address`: the server's.
HttpResult RunHttpLoad(const Server& server, const std::string& address,
                       const std::vector<std::string>& requests, const HttpPace& pace);

}  // namespace carnet::bench
