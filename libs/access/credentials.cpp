#include "access/credentials.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "access/access_file.h"
#include "access/sodium.h"

namespace carnet::access {
namespace {

struct Key {
  Caller grant;
  std::array<unsigned char, 32> hash;
};

constexpr size_t kMaxTextLength = 4096;

}  // namespace

// Never changes once it is in force.
struct Credentials::State {
  uint64_t generation = 0;
  Secrets secrets;
  absl::flat_hash_map<std::string, Key> keys;  // by id
};

// One slot a hash: what falls into the same slot is forgotten, and found right again when it comes.
struct Credentials::Remembered {
  using Tag = std::array<unsigned char, crypto_shorthash_siphashx24_BYTES>;
  struct Slot {
    std::mutex mutex;
    Tag tag{};
    uint64_t generation = 0;
    Caller caller;
  };
  static constexpr size_t kSlots = 4096;

  Remembered() : slots(kSlots) { randombytes_buf(key.data(), key.size()); }

  Tag TagOf(std::string_view text) const {
    Tag tag;
    crypto_shorthash_siphashx24(tag.data(), Bytes(text), text.size(), key.data());
    return tag;
  }
  Slot& SlotOf(const Tag& tag) {
    uint64_t number = 0;
    std::memcpy(&number, tag.data(), sizeof number);
    return slots[number % kSlots];
  }

  std::array<unsigned char, crypto_shorthash_siphashx24_KEYBYTES> key;
  std::vector<Slot> slots;
};

Credentials::Credentials(Files files)
    : files_(std::move(files)), remembered_(std::make_unique<Remembered>()) {}

Credentials::~Credentials() = default;

absl::StatusOr<std::unique_ptr<Credentials>> Credentials::Load(Files files) {
  std::unique_ptr<Credentials> credentials(new Credentials(std::move(files)));
  if (const auto loaded = credentials->Reload(); !loaded.ok()) return loaded.status();
  if (credentials->state() == nullptr) {
    // Neither file is there: Reload() saw no change.
    return LoadAccessFile(credentials->files_.keys).status();
  }
  return credentials;
}

absl::StatusOr<bool> Credentials::Reload() {
  // Versions first: what changes while it is read is read again.
  const FileVersion keys_version = VersionOf(files_.keys);
  const FileVersion secrets_version = VersionOf(files_.secrets);
  if (keys_version == keys_version_ && secrets_version == secrets_version_) return false;
  keys_version_ = keys_version;
  secrets_version_ = secrets_version;

  auto file = LoadAccessFile(files_.keys);
  if (!file.ok()) return file.status();
  auto secrets = LoadSecrets(files_.secrets);
  if (!secrets.ok()) return secrets.status();
  auto state = std::make_shared<State>();
  state->secrets = *std::move(secrets);
  for (const v1::AccessKey& key : file->keys()) {
    Key& loaded = state->keys[key.id()];
    loaded.grant = std::make_shared<const Grant>(GrantOf(key));
    std::memcpy(loaded.hash.data(), key.hash().data(), loaded.hash.size());
  }
  const std::lock_guard lock(mutex_);
  state->generation = generation_.load(std::memory_order_relaxed) + 1;
  state_ = std::move(state);
  generation_.store(state_->generation, std::memory_order_release);
  return true;
}

std::shared_ptr<const Credentials::State> Credentials::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

Credentials::Answer Credentials::Authenticate(std::string_view text, absl::Time now) {
  if (text.size() > kMaxTextLength) return {.caller = nullptr, .refused = "malformed"};
  const Remembered::Tag tag = remembered_->TagOf(text);
  Remembered::Slot& slot = remembered_->SlotOf(tag);
  {
    const std::lock_guard lock(slot.mutex);
    // A 128-bit hash under a secret key: whoever does not hold the text can't make its hash.
    if (slot.generation == generation_.load(std::memory_order_acquire) &&
        sodium_memcmp(slot.tag.data(), tag.data(), tag.size()) == 0 &&
        now < slot.caller->expires_at) {
      return {.caller = slot.caller};
    }
  }
  const auto state = this->state();
  Answer answer = AuthenticateSlowly(*state, text, now);
  if (answer.caller != nullptr) {
    const std::lock_guard lock(slot.mutex);
    slot.tag = tag;
    slot.generation = state->generation;
    slot.caller = answer.caller;
  }
  return answer;
}

Credentials::Answer Credentials::AuthenticateSlowly(const State& state, std::string_view text,
                                                    absl::Time now) const {
  Caller caller;
  if (text.starts_with(kTokenPrefix)) {
    auto grant = std::make_shared<Grant>();
    if (!ReadToken(state.secrets, text, grant.get())) {
      return {.caller = nullptr, .refused = "unknown"};
    }
    if (!grant->key_id.empty()) {
      // It holds no longer than the key that asked for it.
      const auto key = state.keys.find(grant->key_id);
      if (key == state.keys.end()) {
        return {.caller = nullptr, .refused = "expired", .who = grant->who};
      }
      grant->expires_at = std::min(grant->expires_at, key->second.grant->expires_at);
    }
    caller = std::move(grant);
  } else {
    std::string_view id;
    std::string bytes;
    if (!ParseKey(text, &id, &bytes)) return {.caller = nullptr, .refused = "malformed"};
    // An unknown id costs what a wrong secret does.
    const auto key = state.keys.find(absl::string_view(id.data(), id.size()));
    const bool known = key != state.keys.end();
    const Secret* secret =
        known ? Find(state.secrets, key->second.grant->secret_name) : &state.secrets.front();
    static constexpr std::array<unsigned char, 32> kNoHash{};
    const auto hash = (secret == nullptr ? state.secrets.front() : *secret).HashOf(id, bytes);
    const auto& wanted = known ? key->second.hash : kNoHash;
    sodium_memzero(bytes.data(), bytes.size());
    if (sodium_memcmp(hash.data(), wanted.data(), hash.size()) != 0 || !known ||
        secret == nullptr) {
      return {.caller = nullptr, .refused = "unknown"};
    }
    caller = key->second.grant;
  }
  if (now >= caller->expires_at) {
    return {.caller = nullptr, .refused = "expired", .who = caller->who};
  }
  return {.caller = std::move(caller)};
}

bool Credentials::Holds(const Grant& grant, absl::Time now) const {
  if (grant.everything) return true;
  if (now >= grant.expires_at) return false;
  const auto state = this->state();
  if (Find(state->secrets, grant.secret_name) == nullptr) return false;
  if (grant.key_id.empty()) return true;
  const auto key = state->keys.find(grant.key_id);
  if (key == state->keys.end() || now >= key->second.grant->expires_at) return false;
  return grant.key_as_it_stood.empty() ||
         grant.key_as_it_stood == key->second.grant->key_as_it_stood;
}

absl::StatusOr<Token> Credentials::CreateToken(const Grant& caller,
                                               const v1::CreateTokenRequest& request,
                                               absl::Time now) const {
  return MakeToken(state()->secrets.front(), request, caller.key_id, now);
}

}  // namespace carnet::access
