// Which credentials hold now: the file of keys and the file of secrets, read again when they
// change.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "access/durable_file.h"
#include "access/grant.h"
#include "access/token.h"

namespace carnet::access {

// All functions may be called from any thread.
class Credentials {
 public:
  struct Files {
    std::string keys;     // see access_file.h
    std::string secrets;  // see secrets.h
  };
  // Errors: those of LoadAccessFile() and LoadSecrets().
  static absl::StatusOr<std::unique_ptr<Credentials>> Load(Files files);
  ~Credentials();

  // Whose credential `text` is; it may be anything that somebody sent.
  struct Answer {
    Caller caller;               // null: refused
    std::string_view refused{};  // "malformed", "unknown", "expired": for logs and metrics only
    std::string who{};           // refused: the key's id where the secret was right, else empty
  };
  Answer Authenticate(std::string_view text, absl::Time now);

  // Whether a grant that was given still holds: its key stands in the file as it stood, nothing of
  // it has expired.
  bool Holds(const Grant& grant, absl::Time now) const;

  // See MakeToken(). The token holds as long as the key of `caller` does.
  absl::StatusOr<Token> CreateToken(const Grant& caller, const v1::CreateTokenRequest& request,
                                    absl::Time now) const;

  // Reads the files again if they changed since; whether they did. On an error what was there
  // stays, and the same files are not read a second time. One thread at a time.
  absl::StatusOr<bool> Reload();

 private:
  struct State;
  struct Remembered;

  explicit Credentials(Files files);
  std::shared_ptr<const State> state() const;
  Answer AuthenticateSlowly(const State& state, std::string_view text, absl::Time now) const;

  const Files files_;
  FileVersion keys_version_;  // of what was read last: of Reload()'s thread
  FileVersion secrets_version_;

  mutable std::mutex mutex_;
  std::shared_ptr<const State> state_;  // guarded by mutex_
  std::atomic<uint64_t> generation_{0};

  // Credentials that were found right, by a keyed hash of their text under a key of this process:
  // the text itself is not kept. Checking a signature costs 60 µs, finding it here a tenth of one.
  const std::unique_ptr<Remembered> remembered_;
};

}  // namespace carnet::access
