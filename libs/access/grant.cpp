#include "access/grant.h"

#include <algorithm>

namespace carnet::access {
namespace {

bool Contains(const std::vector<std::string>& sorted, std::string_view text) {
  return std::binary_search(sorted.begin(), sorted.end(), text, std::less<>());
}

}  // namespace

const Caller& Anybody() {
  static const Caller anybody = [] {
    auto grant = std::make_shared<Grant>();
    grant->who = "anybody";
    grant->everything = true;
    return grant;
  }();
  return anybody;
}

Refusal Check(const Grant& grant, const Facts& facts, absl::Time now) {
  if (grant.everything) return Refusal::kNone;
  if (now >= grant.expires_at) return Refusal::kExpired;
  if (!grant.permissions.Contains(facts.permission)) return Refusal::kPermission;
  if (facts.has_merchant && !grant.any_merchant && !Contains(grant.merchants, facts.merchant)) {
    return Refusal::kMerchant;
  }
  if (!grant.customers.empty() &&
      (!facts.customer ||
       !std::binary_search(grant.customers.begin(), grant.customers.end(), *facts.customer))) {
    return Refusal::kCustomer;
  }
  if (facts.is_change && !grant.channels.empty() && !Contains(grant.channels, facts.channel)) {
    return Refusal::kChannel;
  }
  if (facts.kind != 0 && !grant.kinds.Contains(facts.kind)) return Refusal::kKind;
  if (facts.intent != v1::INTENT_UNSPECIFIED && !grant.intents.Contains(facts.intent)) {
    return Refusal::kIntent;
  }
  return Refusal::kNone;
}

std::string_view Name(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNone:
      return "none";
    case Refusal::kExpired:
      return "expired";
    case Refusal::kPermission:
      return "permission";
    case Refusal::kMerchant:
      return "merchant";
    case Refusal::kCustomer:
      return "customer";
    case Refusal::kChannel:
      return "channel";
    case Refusal::kKind:
      return "kind";
    case Refusal::kIntent:
      return "intent";
  }
  return "";
}

}  // namespace carnet::access
