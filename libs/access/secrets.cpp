#include "access/secrets.h"

#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "access/durable_file.h"
#include "access/sodium.h"
#include "base/descriptor.h"
#include "base/error.h"

namespace carnet::access {
namespace {

constexpr char kContext[crypto_kdf_CONTEXTBYTES + 1] = "carnetAC";
enum : uint64_t { kName = 1, kHash = 2, kSign = 3 };
constexpr std::string_view kTokenDomain("carnet access token 1\0", 22);

absl::Status SecretsError(std::string_view reason, const std::string& path, std::string_view what) {
  return Error(absl::StatusCode::kFailedPrecondition, reason,
               absl::StrCat("access secrets ", path, ": ", std::string(what)));
}

std::string Signed(std::string_view claims) {
  return absl::StrCat(std::string(kTokenDomain), std::string(claims));
}

}  // namespace

std::string ToBase64(std::string_view bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), Bytes(bytes), bytes.size(), kVariant);
  text.pop_back();  // its terminator
  return text;
}

bool FromBase64(std::string_view text, unsigned char* bytes, size_t size) {
  size_t length = 0;
  const char* end = nullptr;
  return sodium_base642bin(bytes, size, text.data(), text.size(), nullptr, &length, &end,
                           sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
         length == size && end == text.data() + text.size();
}

bool FromBase64(std::string_view text, std::string* bytes) {
  bytes->assign(text.size() / 4 * 3 + (text.size() % 4 + 1) / 2, '\0');
  size_t length = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes->data()), bytes->size(), text.data(),
                        text.size(), nullptr, &length, &end,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
      end != text.data() + text.size()) {
    return false;
  }
  bytes->resize(length);
  return true;
}

Secret Secret::Random() {
  Secret secret;
  randombytes_buf(secret.root_.data(), secret.root_.size());
  secret.Derive();
  return secret;
}

bool Secret::Parse(std::string_view line, Secret* secret) {
  if (!FromBase64(line, secret->root_.data(), secret->root_.size())) return false;
  secret->Derive();
  return true;
}

Secret::~Secret() {
  sodium_memzero(root_.data(), root_.size());
  sodium_memzero(hash_key_.data(), hash_key_.size());
  sodium_memzero(signing_key_.data(), signing_key_.size());
}

void Secret::Derive() {
  std::array<unsigned char, 16> name;
  crypto_kdf_derive_from_key(name.data(), name.size(), kName, kContext, root_.data());
  name_.clear();
  for (int i = 0; i < 8; ++i) name_ += static_cast<char>('a' + name[static_cast<size_t>(i)] % 26);
  crypto_kdf_derive_from_key(hash_key_.data(), hash_key_.size(), kHash, kContext, root_.data());
  std::array<unsigned char, 32> seed;
  crypto_kdf_derive_from_key(seed.data(), seed.size(), kSign, kContext, root_.data());
  crypto_sign_seed_keypair(public_key_.data(), signing_key_.data(), seed.data());
  sodium_memzero(seed.data(), seed.size());
}

std::string Secret::Line() const {
  return ToBase64({reinterpret_cast<const char*>(root_.data()), root_.size()});
}

std::array<unsigned char, 32> Secret::HashOf(std::string_view key_id,
                                             std::string_view key_bytes) const {
  std::array<unsigned char, 32> hash;
  crypto_generichash_state state;
  crypto_generichash_init(&state, hash_key_.data(), hash_key_.size(), hash.size());
  crypto_generichash_update(&state, Bytes(key_bytes), key_bytes.size());  // always 32 bytes
  crypto_generichash_update(&state, Bytes(key_id), key_id.size());
  crypto_generichash_final(&state, hash.data(), hash.size());
  return hash;
}

std::string Secret::Sign(std::string_view claims) const {
  const std::string message = Signed(claims);
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr, Bytes(message),
                       message.size(), signing_key_.data());
  return signature;
}

bool Secret::IsSigned(std::string_view claims, std::string_view signature) const {
  if (signature.size() != crypto_sign_BYTES) return false;
  const std::string message = Signed(claims);
  return crypto_sign_verify_detached(Bytes(signature), Bytes(message), message.size(),
                                     public_key_.data()) == 0;
}

const Secret* Find(const Secrets& secrets, std::string_view name) {
  for (const Secret& secret : secrets) {
    if (secret.name() == name) return &secret;
  }
  return nullptr;
}

absl::StatusOr<Secrets> LoadSecrets(const std::string& path) {
  std::string text;
  struct stat file = {};
  if (absl::Status status = ReadFile(path, &text, &file); !status.ok()) {
    return SecretsError(
        absl::IsNotFound(status) ? "ACCESS_SECRETS_MISSING" : "ACCESS_SECRETS_UNREADABLE", path,
        status.message() == "" ? "" : std::string(status.message()));
  }
  Secrets secrets;
  absl::Status status;
  if (!IsPrivate(file)) {
    status = SecretsError("ACCESS_SECRETS_MODE", path, "others may use it; run: chmod 600 " + path);
  }
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (!status.ok()) break;
    if (!Secret::Parse({line.data(), line.size()}, &secrets.emplace_back())) {
      status = SecretsError("ACCESS_SECRETS_MALFORMED", path,
                            absl::StrCat("line ", secrets.size(), " is no secret"));
    }
  }
  sodium_memzero(text.data(), text.size());
  if (!status.ok()) return status;
  if (secrets.empty()) return SecretsError("ACCESS_SECRETS_MALFORMED", path, "is empty");
  return secrets;
}

absl::Status SaveSecrets(const std::string& path, const Secrets& secrets) {
  std::string text;
  for (const Secret& secret : secrets) absl::StrAppend(&text, secret.Line(), "\n");
  absl::Status status = WriteFileDurably(path, text, 0600);
  sodium_memzero(text.data(), text.size());
  return status;
}

}  // namespace carnet::access
