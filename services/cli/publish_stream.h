// Changes on their way through one PublishBatch stream.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "carnet/v1/change.pb.h"
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

// Where changes come from. Next() is called in a thread of its own, Stop() in the caller's.
class ChangeSource {
 public:
  virtual ~ChangeSource() = default;
  struct Item {
    PublishedLine line;  // without its result, unless it is refused here
    v1::Change change;
  };
  // The next one. False: there is none. Error: reading failed.
  virtual absl::StatusOr<bool> Next(Item* item) = 0;
  // Whether Next() would answer at once.
  virtual bool Ready() { return true; }
  // Ends a Next() that waits.
  virtual void Stop() {}
};

// Publishes all of them, in order, with several messages in flight, and calls `each` in the
// caller's thread for every one in its order, and `after_message` when those of one message were
// told. One that can't be read or is refused holds up no other. The session's timeout bounds how
// long an answer may take.
//
// Error: reading failed, or the stream broke. What was sent and not answered is unknown then (the
// message says how many lines); sending all again is safe.
absl::Status PublishChanges(
    const Session& session, ChangeSource* changes, const PublishStreamOptions& options,
    const std::function<void(const PublishedLine&)>& each,
    const std::function<void()>& after_message = [] {});

// The same for lines of protobuf JSON.
absl::Status PublishLines(const Session& session, LineReader* lines,
                          const PublishStreamOptions& options,
                          const std::function<void(const PublishedLine&)>& each);

}  // namespace carnet::cli
