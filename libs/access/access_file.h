// The operator's file of keys, and what is done to it. What the fields mean stands in
// carnet/v1/access.proto.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "access/grant.h"
#include "access/secrets.h"
#include "carnet/v1/access.pb.h"

namespace carnet::access {

// Errors, FAILED_PRECONDITION: ACCESS_FILE_MISSING, ACCESS_FILE_MODE (others may write it),
// ACCESS_FILE_MALFORMED (with what is wrong), ACCESS_FILE_UNREADABLE.
absl::StatusOr<v1::AccessFile> LoadAccessFile(const std::string& path);

// Durable when this returns. Error: UNAVAILABLE(FILE_NOT_WRITTEN).
absl::Status SaveAccessFile(const std::string& path, const v1::AccessFile& file);

// Whether a key makes sense: a role for keys, known kinds and permissions, merchants where they
// must be. Error: INVALID_ARGUMENT(ACCESS_KEY_MALFORMED), the field's name in it.
absl::Status CheckKey(const v1::AccessKey& key);

// The rights of a key that was checked.
Grant GrantOf(const v1::AccessKey& key);

// A new key: sets id, hash, hashed_with and created_at of `key`, whose scope is set. Returns its
// text, which stands nowhere else.
std::string MakeKey(const Secret& secret, absl::Time now, v1::AccessKey* key);

// The parts of a key's text; false for what is none. `secret` gets 32 bytes.
bool ParseKey(std::string_view text, std::string_view* id, std::string* secret);

inline constexpr std::string_view kKeyPrefix = "carnet_key_";
inline constexpr std::string_view kTokenPrefix = "carnet_token_";

}  // namespace carnet::access
