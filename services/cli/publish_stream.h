// Changes on their way through one PublishBatch stream.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"

#include "carnet/v1/change_service.pb.h"
#include "cli/line_reader.h"
#include "cli/session.h"

namespace carnet::cli {

// One line, and what became of it.
struct PublishedLine {
  std::string file;
  uint64_t number = 0;
  std::string change_id;  // as it was given; empty where the line could not be read
  std::string merchant;
  v1::PublishResult result;  // an error too for a line that could not be read and was not sent
};

struct PublishStreamOptions {
  bool wait = false;
  int chunk = 500;  // changes a message at most; fewer when the next line has yet to come
};

// Publishes all lines but blank ones, in order, with several messages in flight, and calls
// `each` in the caller's thread for every line in its order. A line that can't be read or is
// refused holds up no other. The session's timeout bounds how long an answer may take.
//
// Error: reading failed, or the stream broke. What was sent and not answered is unknown then (the
// message says how many lines); sending all again is safe.
absl::Status PublishLines(const Session& session, LineReader* lines,
                          const PublishStreamOptions& options,
                          const std::function<void(const PublishedLine&)>& each);

}  // namespace carnet::cli
