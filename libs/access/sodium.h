// libsodium, started, and the few forms of bytes that credentials use. Only for .cpp files of this
// folder.
#pragma once

#include <sodium.h>

#include <string>
#include <string_view>

#include "base/fatal.h"

namespace carnet::access {

// Cheap to call again, from any thread.
inline void EnsureSodium() {
  static const int started = sodium_init();
  if (started < 0) Fatal("libsodium can't start: the operating system gives no random bytes");
}

inline const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// base64url without padding, in a time that does not depend on the bytes.
std::string ToBase64(std::string_view bytes);
// Into exactly `size` bytes; false for any other text.
bool FromBase64(std::string_view text, unsigned char* bytes, size_t size);
// Of any length; false for what is no base64url.
bool FromBase64(std::string_view text, std::string* bytes);

}  // namespace carnet::access
