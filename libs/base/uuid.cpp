#include "base/uuid.h"

#include <sys/random.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/fatal.h"

namespace carnet {
namespace {

// Fixed for ever: every id made from fields depends on it.
constexpr unsigned char kNamespace[Uuid::kSize] = {0x6b, 0x1d, 0x5a, 0x0e, 0x93, 0x42, 0x4f, 0x6c,
                                                   0xa8, 0x27, 0x0c, 0x51, 0xd3, 0x7e, 0xb9, 0x04};

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// SHA1() of OpenSSL 3 looks its algorithm up at each call, which costs more than the digest.
class Sha1Context {
 public:
  Sha1Context() : algorithm_(EVP_MD_fetch(nullptr, "SHA1", nullptr)), context_(EVP_MD_CTX_new()) {}
  ~Sha1Context() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
  }
  Sha1Context(const Sha1Context&) = delete;
  Sha1Context& operator=(const Sha1Context&) = delete;

  void Digest(std::string_view input, unsigned char* digest) {
    CARNET_ASSERT(EVP_DigestInit_ex2(context_, algorithm_, nullptr) == 1 &&
                  EVP_DigestUpdate(context_, input.data(), input.size()) == 1 &&
                  EVP_DigestFinal_ex(context_, digest, nullptr) == 1);
  }

 private:
  EVP_MD* algorithm_;
  EVP_MD_CTX* context_;
};

bool IsHyphenPlace(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

std::optional<Uuid> Uuid::FromBytes(std::string_view bytes) {
  if (bytes.size() != kSize) return std::nullopt;
  Uuid id;
  std::memcpy(id.bytes_.data(), bytes.data(), kSize);
  return id;
}

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  size_t out = 0;
  for (size_t i = 0; i < text.size();) {
    if (IsHyphenPlace(i)) {
      if (text[i++] != '-') return std::nullopt;
      continue;
    }
    const int high = HexDigit(text[i]);
    const int low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id.bytes_[out++] = static_cast<char>(high << 4 | low);
    i += 2;
  }
  return id;
}

Uuid Uuid::FromFields(std::initializer_list<std::string_view> fields) {
  std::string input(reinterpret_cast<const char*>(kNamespace), sizeof kNamespace);
  for (std::string_view field : fields) {
    AppendBigEndian32(static_cast<uint32_t>(field.size()), &input);
    input.append(field);
  }
  thread_local Sha1Context sha1;
  unsigned char digest[EVP_MAX_MD_SIZE];
  sha1.Digest(input, digest);
  Uuid id;
  std::memcpy(id.bytes_.data(), digest, kSize);
  id.bytes_[6] = static_cast<char>((digest[6] & 0x0f) | 0x50);  // RFC 4122: version 5
  id.bytes_[8] = static_cast<char>((digest[8] & 0x3f) | 0x80);  // RFC 4122: variant
  return id;
}

Uuid Uuid::Random() {
  Uuid id;
  if (getrandom(id.bytes_.data(), kSize, 0) != static_cast<ssize_t>(kSize)) std::abort();
  id.bytes_[6] = static_cast<char>((id.bytes_[6] & 0x0f) | 0x40);
  id.bytes_[8] = static_cast<char>((id.bytes_[8] & 0x3f) | 0x80);
  return id;
}

std::string Uuid::ToString() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < kSize; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    const auto byte = static_cast<unsigned char>(bytes_[i]);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 0x0f]);
  }
  return text;
}

}  // namespace carnet
