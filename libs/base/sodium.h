// libsodium, started before main() in whatever program uses it.
//
// sodium_init() exchanges the implementations of its ciphers for those this processor is fastest
// with. A box sealed by one thread while another starts the library begins with one implementation
// and ends with the other: its tag is wrong and nobody can ever open it, or the process crashes. So
// no thread may be left to start it: including this header does, while there is only one. (The
// library's manual: "must be called before any other function".) Users link libsodium themselves.
#pragma once

#include <sodium.h>

#include "base/fatal.h"

namespace carnet {

inline const bool kSodiumStarted = [] {
  if (sodium_init() < 0) Fatal("libsodium can't start: the operating system gives no random bytes");
  return true;
}();

}  // namespace carnet
