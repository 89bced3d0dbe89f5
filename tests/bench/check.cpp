#include "tests/bench/check.h"

#include <errno.h>  // program_invocation_short_name

#include <cstdio>
#include <cstdlib>

namespace carnet::bench {

void Fail(const std::string& what) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, what.c_str());
  std::_Exit(1);
}

}  // namespace carnet::bench
