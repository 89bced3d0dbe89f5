#include "channels/signature.h"

#include <utility>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/fatal.h"
#include "base/sha256.h"

namespace carnet::channels {
namespace {

constexpr char kHex[] = "0123456789abcdef";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

const unsigned char* Bytes(std::string_view data) {
  return reinterpret_cast<const unsigned char*>(data.data());
}

}  // namespace

std::string HmacSha256(std::string_view key, std::string_view data) {
  unsigned char digest[32];
  unsigned int size = sizeof digest;
  // An empty key is a null pointer to OpenSSL, which it takes for "the one before".
  const std::string own_key(key.empty() ? std::string_view("\0", 1) : key);
  CARNET_ASSERT(HMAC(EVP_sha256(), own_key.data(), static_cast<int>(key.size()), Bytes(data),
                     data.size(), digest, &size) != nullptr);
  return std::string(reinterpret_cast<const char*>(digest), sizeof digest);
}

std::string Sha256Hex(std::string_view data) {
  std::string hex;
  for (const char byte : Sha256(data)) {
    hex.push_back(kHex[(static_cast<unsigned char>(byte) >> 4) & 15]);
    hex.push_back(kHex[static_cast<unsigned char>(byte) & 15]);
  }
  return hex;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > 4096) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), Bytes(text),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  bytes.resize(static_cast<size_t>(size) - padding);
  // Back again: spare bits and characters that the decoder passes over show here.
  std::string again((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(again.data()), Bytes(bytes),
                                     static_cast<int>(bytes.size()));
  again.resize(static_cast<size_t>(length));
  if (again != text) return std::nullopt;
  return bytes;
}

std::optional<std::string> DecodeBase64Url(std::string_view text) {
  std::string standard(text);
  for (char& c : standard) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  standard.append((4 - standard.size() % 4) % 4, '=');
  return DecodeBase64(standard);
}

std::optional<std::string> DecodeHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = HexDigit(text[i]);
    const int low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

bool SameBytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string DecodeHtmlEntities(std::string_view text) {
  static constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&amp;", '&'},  {"&#038;", '&'}, {"&#38;", '&'},   {"&lt;", '<'},    {"&#060;", '<'},
      {"&gt;", '>'},   {"&#062;", '>'}, {"&quot;", '"'},  {"&#034;", '"'},  {"&#34;", '"'},
      {"&#39;", '\''}, {"&#x22;", '"'}, {"&apos;", '\''}, {"&#039;", '\''}, {"&#x27;", '\''}};
  std::string decoded;
  while (!text.empty()) {
    bool found = false;
    for (const auto& [entity, character] : kEntities) {
      if (!text.starts_with(entity)) continue;
      decoded.push_back(character);
      text.remove_prefix(entity.size());
      found = true;
      break;
    }
    if (found) continue;
    decoded.push_back(text.front());
    text.remove_prefix(1);
  }
  return decoded;
}

}  // namespace carnet::channels
