// A line on the terminal that tells a person that it goes on.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace carnet::cli {

// Writes to standard error, if that is a terminal, once it has taken over two seconds; about five
// times a second.
class Progress {
 public:
  // `what`: the thing that is counted, in the singular.
  explicit Progress(std::string what);
  // Wipes the line.
  ~Progress();

  void Update(uint64_t count);
  // Makes room for another line on standard error.
  void Clear();

 private:
  const std::string what_;
  const bool terminal_;
  const absl::Time started_;
  absl::Time next_;
  bool shown_ = false;
};

}  // namespace carnet::cli
