#include "access/token.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "access/access_file.h"
#include "access/roles.h"
#include "access/sodium.h"
#include "base/error.h"

namespace carnet::access {
namespace {

constexpr int kMaxCustomers = 20;
constexpr int32_t kMaxTtlSeconds = 86'400;
constexpr int32_t kUsualTtlSeconds = 900;
constexpr size_t kMaxTokenLength = 4096;

absl::Status Refused(std::string_view reason, std::string_view field, std::string_view what) {
  return Error(absl::StatusCode::kInvalidArgument, reason,
               absl::StrCat(std::string(field), " ", std::string(what)), field);
}

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

// The id of a name as CreateTokenRequest.customers takes it.
std::optional<Uuid> CustomerOf(std::string_view name, std::string_view merchant) {
  const std::string full = absl::StrCat("merchants/", std::string(merchant), "/");
  if (name.starts_with(full)) name.remove_prefix(full.size());
  constexpr std::string_view kCustomers = "customers/";
  if (name.starts_with(kCustomers)) name.remove_prefix(kCustomers.size());
  return Uuid::Parse(name);
}

}  // namespace

absl::StatusOr<Token> MakeToken(const Secret& secret, const v1::CreateTokenRequest& request,
                                std::string_view created_by, absl::Time now) {
  if (request.role() != v1::ROLE_SELF && request.role() != v1::ROLE_GUARDIAN) {
    return Refused("TOKEN_ROLE", "role", "must be ROLE_SELF or ROLE_GUARDIAN");
  }
  if (request.merchant().empty() || request.merchant().size() > 63) {
    return Refused("TOKEN_MERCHANT", "merchant", "must be a merchant's name");
  }
  const int most = request.role() == v1::ROLE_SELF ? 1 : kMaxCustomers;
  if (request.customers_size() < 1 || request.customers_size() > most) {
    return Refused("TOKEN_CUSTOMERS", "customers",
                   absl::StrCat("must name at least one, and ", most, " at most"));
  }
  if (request.ttl_seconds() < 0 || request.ttl_seconds() > kMaxTtlSeconds) {
    return Refused("TOKEN_TTL", "ttl_seconds", absl::StrCat("must be 0 to ", kMaxTtlSeconds));
  }
  const int32_t ttl = request.ttl_seconds() == 0 ? kUsualTtlSeconds : request.ttl_seconds();
  // Whole seconds: what the answer says is what the token says.
  Token token{.text = {}, .expires_at = absl::FromUnixSeconds(absl::ToUnixSeconds(now) + ttl)};
  if (request.has_until()) {
    if (request.role() != v1::ROLE_GUARDIAN) {
      return Refused("TOKEN_UNTIL", "until", "is for ROLE_GUARDIAN only");
    }
    const absl::Time until = absl::FromUnixSeconds(request.until().seconds());
    if (until <= now) return Refused("TOKEN_UNTIL", "until", "has passed");
    token.expires_at = std::min(token.expires_at, until);
  }
  v1::TokenClaims claims;
  claims.set_role(request.role());
  claims.set_merchant(request.merchant());
  for (const std::string& name : request.customers()) {
    const auto id = CustomerOf(name, request.merchant());
    if (!id) return Refused("TOKEN_CUSTOMERS", "customers", "has one that is no customer's name");
    claims.add_customers(id->ToString());
  }
  claims.mutable_expires_at()->set_seconds(absl::ToUnixSeconds(token.expires_at));
  claims.set_signed_with(secret.name());
  claims.set_created_by(std::string(created_by));
  const std::string bytes = claims.SerializeAsString();
  token.text =
      absl::StrCat(std::string(kTokenPrefix), ToBase64(bytes), ".", ToBase64(secret.Sign(bytes)));
  return token;
}

bool ReadToken(const Secrets& secrets, std::string_view text, Grant* grant) {
  if (!text.starts_with(kTokenPrefix) || text.size() > kMaxTokenLength) return false;
  text.remove_prefix(kTokenPrefix.size());
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos) return false;
  std::string bytes;
  std::string signature;
  if (!FromBase64(text.substr(0, dot), &bytes) || !FromBase64(text.substr(dot + 1), &signature)) {
    return false;
  }
  // Whichever the claims name is not to be believed before the signature is checked, but it is no
  // secret which ones there are.
  v1::TokenClaims claims;
  if (!claims.ParseFromString(bytes)) return false;
  const Secret* secret = Find(secrets, claims.signed_with());
  if (secret == nullptr || !secret->IsSigned(bytes, signature)) return false;
  if (claims.role() != v1::ROLE_SELF && claims.role() != v1::ROLE_GUARDIAN) return false;
  SetRole(claims.role(), grant);
  grant->merchants.push_back(claims.merchant());
  for (const std::string& text_id : claims.customers()) {
    const auto id = Uuid::Parse(text_id);
    if (!id) return false;
    grant->customers.push_back(*id);
  }
  // Without this, "no customers" would mean all of them.
  if (grant->customers.empty()) return false;
  std::sort(grant->customers.begin(), grant->customers.end());
  grant->expires_at = TimeOf(claims.expires_at());
  grant->key_id = claims.created_by();
  grant->secret_name = claims.signed_with();
  grant->who = absl::StrCat("token of ", grant->key_id.empty() ? "an operator" : grant->key_id);
  return true;
}

}  // namespace carnet::access
