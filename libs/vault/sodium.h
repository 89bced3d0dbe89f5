// libsodium, started. Only for .cpp files of this folder.
#pragma once

#include <sodium.h>

#include <string_view>

#include "base/fatal.h"

namespace carnet::vault {

// Before the first random byte. Cheap to call again, from any thread.
inline void EnsureSodium() {
  static const int started = sodium_init();
  if (started < 0) Fatal("libsodium can't start: the operating system gives no random bytes");
}

inline const unsigned char* UnsignedBytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace carnet::vault
