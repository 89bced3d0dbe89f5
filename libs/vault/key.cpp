#include "vault/key.h"

#include <algorithm>

#include "base/fatal.h"
#include "vault/sodium.h"

namespace carnet::vault {

Key::Key(std::string_view bytes) {
  CARNET_ASSERT(bytes.size() == kSize);
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

Key Key::Random() {
  Key key;
  randombytes_buf(key.bytes_.data(), kSize);
  return key;
}

Key::~Key() { sodium_memzero(bytes_.data(), kSize); }

bool Key::operator==(const Key& other) const {
  return sodium_memcmp(data(), other.data(), kSize) == 0;
}

}  // namespace carnet::vault
