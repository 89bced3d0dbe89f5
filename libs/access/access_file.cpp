#include "access/access_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include "access/durable_file.h"
#include "access/roles.h"
#include "access/sodium.h"
#include "base/error.h"

namespace carnet::access {
namespace {

constexpr size_t kIdLength = 12;
constexpr size_t kSecretBytes = 32;
constexpr size_t kSecretLength = 43;  // of 32 bytes in base64url

absl::Status FileError(std::string_view reason, const std::string& path, std::string_view what) {
  return Error(absl::StatusCode::kFailedPrecondition, reason,
               absl::StrCat("access file ", path, ": ", std::string(what)));
}

absl::Status Malformed(const v1::AccessKey& key, std::string_view field, std::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, "ACCESS_KEY_MALFORMED",
               absl::StrCat("key ", key.id(), ": ", std::string(field), " ", std::string(what)),
               field);
}

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

template <typename Texts>
std::vector<std::string> Sorted(const Texts& texts) {
  std::vector<std::string> sorted(texts.begin(), texts.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

bool IsIdLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'); }

std::string RandomId() {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  std::string id;
  for (size_t i = 0; i < kIdLength; ++i) id += kLetters[randombytes_uniform(32)];
  return id;
}

}  // namespace

absl::StatusOr<v1::AccessFile> LoadAccessFile(const std::string& path) {
  std::string text;
  struct stat info = {};
  if (absl::Status status = ReadFile(path, &text, &info); !status.ok()) {
    return FileError(
        absl::IsNotFound(status) ? "ACCESS_FILE_MISSING" : "ACCESS_FILE_UNREADABLE", path,
        absl::IsNotFound(status) ? "no such file; `carnet access create` makes it with a first key"
                                 : std::string(status.message()));
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return FileError("ACCESS_FILE_MODE", path, "others may write it; run: chmod 600 " + path);
  }
  v1::AccessFile file;
  const auto parsed = google::protobuf::util::JsonStringToMessage(text, &file);
  if (!parsed.ok()) {
    return FileError("ACCESS_FILE_MALFORMED", path, std::string(parsed.message()));
  }
  std::set<std::string> ids;
  for (const v1::AccessKey& key : file.keys()) {
    absl::Status status = CheckKey(key);
    if (status.ok() && !ids.insert(key.id()).second) status = Malformed(key, "id", "stands twice");
    if (!status.ok()) {
      return FileError("ACCESS_FILE_MALFORMED", path, std::string(status.message()));
    }
  }
  return file;
}

absl::Status SaveAccessFile(const std::string& path, const v1::AccessFile& file) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto printed = google::protobuf::util::MessageToJsonString(file, &text, options);
  if (!printed.ok()) {
    return Error(absl::StatusCode::kInternal, "FILE_NOT_WRITTEN", std::string(printed.message()));
  }
  return WriteFileDurably(path, text, 0600);
}

absl::Status CheckKey(const v1::AccessKey& key) {
  const bool id_ok =
      key.id().size() == kIdLength && std::all_of(key.id().begin(), key.id().end(), IsIdLetter);
  if (!id_ok) return Malformed(key, "id", "must be 12 of a-z and 2-7");
  if (key.hash().size() != 32) return Malformed(key, "hash", "must be 32 bytes");
  switch (key.role()) {
    case v1::ROLE_BACK_OFFICE:
    case v1::ROLE_TILL:
    case v1::ROLE_REPORTS:
    case v1::ROLE_INTEGRATOR:
      if (key.merchants().empty())
        return Malformed(key, "merchants", "is empty: name at least one");
      break;
    case v1::ROLE_OPERATOR:
    case v1::ROLE_GATEWAY:
      if (!key.merchants().empty())
        return Malformed(key, "merchants", "must be empty: that role belongs to no merchant");
      break;
    default:
      return Malformed(key, "role", "is no role of keys");
  }
  for (const std::string& kind : key.kinds()) {
    if (KindNumber(kind) == 0)
      return Malformed(key, "kinds", absl::StrCat("has '", kind, "', which is no kind of change"));
  }
  for (const int intent : key.intents()) {
    if (intent != v1::INTENT_FACT && intent != v1::INTENT_REQUEST) {
      return Malformed(key, "intents", "has one that is none");
    }
  }
  for (const int permission : key.permissions()) {
    if (permission == v1::PERMISSION_UNSPECIFIED || !v1::Permission_IsValid(permission)) {
      return Malformed(key, "permissions", "has one that is none");
    }
  }
  return absl::OkStatus();
}

Grant GrantOf(const v1::AccessKey& key) {
  Grant grant;
  grant.who = key.id();
  grant.key_id = key.id();
  grant.key_as_it_stood = key.SerializeAsString();
  grant.secret_name = key.hashed_with();
  SetRole(key.role(), &grant);
  grant.merchants = Sorted(key.merchants());
  grant.channels = Sorted(key.channels());
  if (!key.kinds().empty()) {
    NumberSet kinds;
    for (const std::string& kind : key.kinds()) kinds.Add(KindNumber(kind));
    grant.kinds.KeepOnly(kinds);
  }
  if (!key.intents().empty()) {
    NumberSet intents;
    for (const int intent : key.intents()) intents.Add(intent);
    grant.intents.KeepOnly(intents);
  }
  if (!key.permissions().empty()) {
    NumberSet permissions;
    for (const int permission : key.permissions()) permissions.Add(permission);
    grant.permissions.KeepOnly(permissions);
  }
  if (key.has_expires_at()) grant.expires_at = TimeOf(key.expires_at());
  if (key.has_revoked_at()) {
    grant.expires_at = std::min(grant.expires_at, TimeOf(key.revoked_at()));
  }
  return grant;
}

std::string MakeKey(const Secret& secret, absl::Time now, v1::AccessKey* key) {
  std::string bytes(kSecretBytes, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  key->set_id(RandomId());
  const auto hash = secret.HashOf(key->id(), bytes);
  key->set_hash(std::string(reinterpret_cast<const char*>(hash.data()), hash.size()));
  key->set_hashed_with(secret.name());
  *key->mutable_created_at() =
      google::protobuf::util::TimeUtil::SecondsToTimestamp(absl::ToUnixSeconds(now));
  std::string text = absl::StrCat(std::string(kKeyPrefix), key->id(), "_", ToBase64(bytes));
  sodium_memzero(bytes.data(), bytes.size());
  return text;
}

bool ParseKey(std::string_view text, std::string_view* id, std::string* secret) {
  if (!text.starts_with(kKeyPrefix)) return false;
  text.remove_prefix(kKeyPrefix.size());
  if (text.size() != kIdLength + 1 + kSecretLength || text[kIdLength] != '_') return false;
  *id = text.substr(0, kIdLength);
  secret->resize(kSecretBytes);
  return FromBase64(text.substr(kIdLength + 1), reinterpret_cast<unsigned char*>(secret->data()),
                    kSecretBytes);
}

}  // namespace carnet::access
