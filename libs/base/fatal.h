// The end of a process that can't keep its promises.
#pragma once

#include <string_view>

namespace carnet {

// The environment failed (disk full, an fsync that did not succeed): writes one line, "carnet:
// fatal: …", to standard error and ends the process with status 70 (EX_SOFTWARE of sysexits.h is
// near enough) without running destructors, as none of them could be trusted with the disk.
// `message` says what failed, why, and what to do.
[[noreturn]] void Fatal(std::string_view message);

// A bug: writes where and what, and aborts, so that there is a core to look at.
[[noreturn]] void AssertionFailed(const char* file, int line, const char* what);

}  // namespace carnet

// Checked in every build: an invariant that does not hold must not reach the disk.
#define CARNET_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::carnet::AssertionFailed(__FILE__, __LINE__, #condition))
