// Lines of files, one file after the other, each line with its place.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace carnet::cli {

struct Line {
  std::string text;       // without its newline
  std::string file;       // as it was named; "stdin"
  uint64_t number = 0;    // 1, 2, 3 … in that file
  bool too_long = false;  // over kMaxLineBytes: the text was dropped
};

// JSON of the largest record, with room for escapes.
inline constexpr size_t kMaxLineBytes = size_t{16} << 20;

// Reads in one thread; Stop() may come from another.
class LineReader {
 public:
  // "-" is standard input. Error: NOT_FOUND, naming the first file that can't be read, before
  // anything is read.
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(std::vector<std::string> files);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // The next line. False: there is none, or Stop() was called. Error: a file that fails while it
  // is read.
  absl::StatusOr<bool> Next(Line* line);

  // Whether Next() would answer at once: false while a pipe or terminal has nothing to read.
  bool Ready();

  // Ends a Next() that waits, and all later ones.
  void Stop();

 private:
  LineReader(std::vector<std::string> files, int stop_fd);

  absl::Status OpenNextFile();
  // Reads more of this file into the buffer, sets at_end_ where there is none.
  absl::Status Fill();
  // A line out of the buffer, if a whole one is there.
  bool TakeLine(Line* line);
  absl::Status CantRead() const;

  const std::vector<std::string> files_;
  const int stop_fd_;
  size_t next_file_ = 0;
  std::string file_;
  int fd_ = -1;
  uint64_t number_ = 0;
  std::string buffer_;  // read, not yet given out, from start_
  size_t start_ = 0;
  bool at_end_ = false;    // of this file
  bool too_long_ = false;  // the line that is being read
};

}  // namespace carnet::cli
