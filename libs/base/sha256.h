// SHA-256, for noticing that bytes are not what they were. Nothing secret.
#pragma once

#include <string>
#include <string_view>

namespace carnet {

// 32 bytes.
std::string Sha256(std::string_view data);

}  // namespace carnet
