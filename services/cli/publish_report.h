// What publishing came to.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "carnet/v1/token.pb.h"
#include "cli/publish_stream.h"

namespace carnet::cli {

// How one line ended: "APPLIED", "DUPLICATE of APPLIED", "REJECTED", "DEAD_LETTER" where the
// outcome is known; "accepted" where it was only appended; "refused" where it was not; "unknown"
// where that can't be said.
struct LineVerdict {
  std::string outcome;
  std::string reason;
  std::string flags;        // separated by spaces
  std::string explanation;  // of what is not accepted: a sentence, with the field
  bool refused = false;     // not, or not surely, what its author wanted: the exit code tells
};
LineVerdict VerdictOf(const PublishedLine& line);

// "pos.jsonl:17: REJECTED ID_REUSED: this id was used …".
std::string LineText(const PublishedLine& line);

// One object: {"file":…,"line":…,"id":…,"result":{a PublishResult}}.
std::string LineJson(const PublishedLine& line);

class PublishReport {
 public:
  void Add(const PublishedLine& line);

  uint64_t count() const { return count_; }
  bool any_refused() const { return refused_ > 0; }
  // The last position of each merchant of which something was appended.
  const std::map<std::string, v1::Token>& positions() const { return positions_; }

  // A table by outcome, reason and flags, and the positions after which reads see everything.
  std::string Text() const;
  // One object: {"summary":{"changes":…,"refused":…,"outcomes":[…],"positions":[…]}}.
  std::string Json() const;

 private:
  uint64_t count_ = 0;
  uint64_t refused_ = 0;
  std::map<std::tuple<std::string, std::string, std::string>, uint64_t> by_outcome_;
  std::map<std::string, v1::Token> positions_;
};

}  // namespace carnet::cli
