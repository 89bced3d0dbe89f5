// The secrets that vouch for credentials: what keys are hashed with and tokens signed with.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace carnet::access {

// 32 random bytes and what is derived of them. Copies are wiped when they go.
class Secret {
 public:
  static Secret Random();
  // From one line of the file; false for what is none.
  static bool Parse(std::string_view line, Secret* secret);
  Secret() = default;
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret();

  // Eight letters that name it in files and logs and tell nothing of it.
  const std::string& name() const { return name_; }
  std::string Line() const;

  // BLAKE2b-256 of an API key's bytes together with its id.
  std::array<unsigned char, 32> HashOf(std::string_view key_id, std::string_view key_bytes) const;
  // An Ed25519 signature, 64 bytes, of a token's claims.
  std::string Sign(std::string_view claims) const;
  bool IsSigned(std::string_view claims, std::string_view signature) const;

 private:
  void Derive();

  std::array<unsigned char, 32> root_{};
  std::array<unsigned char, 32> hash_key_{};
  std::array<unsigned char, 64> signing_key_{};
  std::array<unsigned char, 32> public_key_{};
  std::string name_;
};

// At least one; the first hashes new keys and signs new tokens, the others still hold for older
// ones.
using Secrets = std::vector<Secret>;

// The one of that name, or null.
const Secret* Find(const Secrets& secrets, std::string_view name);

// Reads a file of them: one a line, in base64url; readable by nobody but its owner (mode 0600 or
// less). Errors, FAILED_PRECONDITION: ACCESS_SECRETS_MISSING, ACCESS_SECRETS_MODE,
// ACCESS_SECRETS_MALFORMED, ACCESS_SECRETS_UNREADABLE.
absl::StatusOr<Secrets> LoadSecrets(const std::string& path);

// Writes it whole or not at all, durable when this returns. Error: UNAVAILABLE(FILE_NOT_WRITTEN).
absl::Status SaveSecrets(const std::string& path, const Secrets& secrets);

}  // namespace carnet::access
