// libsodium, and the few forms of bytes that credentials use. Only for .cpp files of this
// folder.
#pragma once

#include <string>
#include <string_view>

#include "base/sodium.h"

namespace carnet::access {

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
