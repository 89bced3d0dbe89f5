// Tokens for people: short-lived, signed, kept nowhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "access/grant.h"
#include "access/secrets.h"
#include "carnet/v1/access_service.pb.h"

namespace carnet::access {

struct Token {
  std::string text;
  absl::Time expires_at;
};

// Makes what is asked for; `created_by` is the key that asks, or empty. Errors, INVALID_ARGUMENT
// with the field: TOKEN_ROLE, TOKEN_MERCHANT, TOKEN_CUSTOMERS, TOKEN_TTL, TOKEN_UNTIL.
absl::StatusOr<Token> MakeToken(const Secret& secret, const v1::CreateTokenRequest& request,
                                std::string_view created_by, absl::Time now);

// Reads a token and checks its signature, not whether it has expired. False for what is none, or
// not signed by one of `secrets`. Costs some 60 µs.
bool ReadToken(const Secrets& secrets, std::string_view text, Grant* grant);

}  // namespace carnet::access
