// Authenticated encryption as this library uses it everywhere: the nonce in front, a purpose in the
// associated data.
#pragma once

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>

#include "vault/key.h"

namespace carnet::vault {

// Associated data: each field after its length (four bytes), so that no two lists give the same
// bytes.
std::string AssociatedData(std::initializer_list<std::string_view> fields);
void AppendField(std::string_view field, std::string* associated_data);

// Nonces of one sealing job: random at the start, then counted up, which spares a system call per
// value. 192 bits make a repeat as unlikely as between random ones. Not thread-safe.
class NonceSequence {
 public:
  static constexpr size_t kSize = 24;
  NonceSequence();
  std::string_view Next();

 private:
  std::array<unsigned char, kSize> nonce_;
};

// How many bytes a box is longer than what is in it.
inline constexpr size_t kBoxOverhead = NonceSequence::kSize + 16;

// `nonce`, then XChaCha20-Poly1305 of `plain`, into `box`.
void SealBox(const Key& key, std::string_view nonce, std::string_view associated_data,
             std::string_view plain, std::string* box);
// The same with a random nonce of its own.
std::string SealBox(const Key& key, std::string_view associated_data, std::string_view plain);

// The same with a nonce made of key, associated data and content (as in a synthetic IV): what is
// equal under one key and for one purpose gives the same box, so that whoever has no key can tell
// that a value was only said again, and nothing else of it.
void SealBoxByContent(const Key& key, std::string_view associated_data, std::string_view plain,
                      std::string* box);

// What is in a box; false if it is damaged, or if key or associated data are others.
bool OpenBox(const Key& key, std::string_view associated_data, std::string_view box,
             std::string* plain);

}  // namespace carnet::vault
