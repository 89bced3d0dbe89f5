// libsodium, and its form of bytes. Only for .cpp files of this folder.
#pragma once

#include <string_view>

#include "base/sodium.h"

namespace carnet::vault {

inline const unsigned char* UnsignedBytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace carnet::vault
