#include "base/fatal.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace carnet {

void Fatal(std::string_view message) {
  std::string line = "carnet: fatal: ";
  line.append(message).push_back('\n');
  // One write, so that lines of several threads do not mix.
  if (write(STDERR_FILENO, line.data(), line.size()) < 0) std::perror("carnet: fatal");
  _exit(70);
}

void AssertionFailed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "carnet: bug: %s:%d: %s does not hold\n", file, line, what);
  std::abort();
}

}  // namespace carnet
