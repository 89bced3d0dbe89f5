#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/time/clock.h"

#include "cli/words.h"

namespace carnet::cli {

Progress::Progress(std::string what)
    : what_(std::move(what)),
      terminal_(isatty(STDERR_FILENO) == 1),
      started_(absl::Now()),
      next_(started_ + absl::Seconds(2)) {}

Progress::~Progress() { Clear(); }

void Progress::Update(uint64_t count) {
  if (!terminal_) return;
  const absl::Time now = absl::Now();
  if (now < next_) return;
  next_ = now + absl::Milliseconds(200);
  const auto rate = static_cast<uint64_t>(static_cast<double>(count) /
                                          std::max(absl::ToDoubleSeconds(now - started_), 0.001));
  std::fprintf(stderr, "\r\033[K%s, %s a second", Count(count, what_).c_str(),
               Count(rate, what_).c_str());
  shown_ = true;
}

void Progress::Clear() {
  if (shown_) std::fprintf(stderr, "\r\033[K");
  shown_ = false;
}

}  // namespace carnet::cli
