// Secret bytes.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"

#include "base/uuid.h"

namespace carnet::vault {

// A 32-byte secret key. Every copy is wiped when it goes, so pass it by reference where that is
// easy.
class Key {
 public:
  static constexpr size_t kSize = 32;

  // All zeros: not a key, a place for one.
  Key() = default;
  // `bytes` must be exactly 32 long.
  explicit Key(std::string_view bytes);
  // From the operating system's generator.
  static Key Random();

  Key(const Key&) = default;
  Key& operator=(const Key&) = default;
  ~Key();

  const unsigned char* data() const { return bytes_.data(); }
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

  // Takes the same time whatever the bytes are.
  bool operator==(const Key& other) const;

 private:
  std::array<unsigned char, kSize> bytes_{};
};

// What one merchant's tokens (`index`) and content hashes (`hash`) are keyed with. Whoever holds
// `index` can guess values of little entropy; destroying it ends that.
struct MerchantKeys {
  Key index;
  Key hash;
};

// A key that seals values of one source record. A record may own several: two gateways that see it
// first at the same time each make one.
struct RecordKey {
  Uuid id;
  Key key;
};

// Keys by their ids, read together.
using KeyBatch = absl::flat_hash_map<Uuid, Key>;

}  // namespace carnet::vault
