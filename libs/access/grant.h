// What a caller may do, and whether that covers a call: pure functions of what is known, for every
// way in (gRPC, HTTP, tests).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

#include "base/uuid.h"
#include "carnet/v1/access.pb.h"

namespace carnet::access {

// A set of the numbers of enum values or of Body's fields, 0 to 127.
class NumberSet {
 public:
  void Add(int number) { words_[number >> 6] |= uint64_t{1} << (number & 63); }
  bool Contains(int number) const {
    return number >= 0 && number < 128 && (words_[number >> 6] >> (number & 63) & 1) != 0;
  }
  void KeepOnly(const NumberSet& other) {
    words_[0] &= other.words_[0];
    words_[1] &= other.words_[1];
  }
  bool empty() const { return (words_[0] | words_[1]) == 0; }

 private:
  uint64_t words_[2] = {0, 0};
};

// One credential's rights. Made by Credentials; never changes afterwards.
struct Grant {
  // For the log: the key's id, "token of" the key's id that asked for it, "anybody". Never a
  // secret.
  std::string who;
  // Everything is allowed, for ever: the server checks no credentials.
  bool everything = false;
  NumberSet permissions;  // v1::Permission
  // Sorted; empty: none. An operator (`any_merchant`) publishes what its kinds allow for all.
  std::vector<std::string> merchants;
  bool any_merchant = false;
  // Only these customers, sorted; empty: all of the merchant.
  std::vector<Uuid> customers;
  std::vector<std::string> channels;  // sorted; empty: any
  NumberSet kinds;                    // numbers of Body's fields
  NumberSet intents;                  // v1::Intent
  absl::Time expires_at = absl::InfiniteFuture();

  // What makes it hold, so that open streams can be ended when it does not any more: the key that
  // it is, or that a token was asked for with, and as what that stood in the file.
  std::string key_id;
  std::string key_as_it_stood;  // serialised AccessKey
  std::string secret_name;      // of the secret that vouches for it
};

using Caller = std::shared_ptr<const Grant>;

// Of a server that checks no credentials.
const Caller& Anybody();

// What a call is about. Views into the request.
struct Facts {
  v1::Permission permission = v1::PERMISSION_UNSPECIFIED;
  // Empty with `has_merchant`: the request names none, or none of a form that could be one.
  std::string_view merchant;
  bool has_merchant = false;  // the method is about a merchant's data
  std::optional<Uuid> customer;

  // Of a change to be published; the permission is PUBLISH then.
  bool is_change = false;
  std::string_view channel;
  int kind = 0;  // number of Body's field; 0: none is set. Also of a request that becomes a change
  v1::Intent intent = v1::INTENT_UNSPECIFIED;
};

// Why a call is refused. The order is the order in which it is looked at.
enum class Refusal {
  kNone,
  kExpired,
  kPermission,
  kMerchant,
  kCustomer,
  kChannel,
  kKind,
  kIntent,
};

// Whether `grant` covers the call at `now`. Looks at nothing but its arguments: it can't tell by
// answer or time whether a merchant or a customer exists. A change without kind or intent passes
// here and is refused for its form.
Refusal Check(const Grant& grant, const Facts& facts, absl::Time now);

// "expired", "permission", …: for logs and metrics.
std::string_view Name(Refusal refusal);

}  // namespace carnet::access
