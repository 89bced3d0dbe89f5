// Policies: what makes no sense. How long and how many: form_limits.cpp.
#include <set>
#include <string>

#include "base/civil_date.h"
#include "domain/customers/catalogue.h"
#include "domain/customers/deliveries.h"
#include "domain/form_path.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::v1::MerchantPolicy;

constexpr int kMaxOffsetMinutes = 18 * 60;
constexpr int kMaxRank = 1000;

MaybeError CheckNames(const google::protobuf::RepeatedPtrField<std::string>& names,
                      const Path& field) {
  for (int i = 0; i < names.size(); ++i) {
    if (!IsName(names[i]))
      return Fail(reason::kNameMalformed, field / i, "a channel is [a-z0-9][a-z0-9._-]{0,62}");
  }
  return std::nullopt;
}

MaybeError CheckRules(const MerchantPolicy& policy, const Path& field) {
  for (int i = 0; i < policy.channel_ranks_size(); ++i) {
    const auto& rank = policy.channel_ranks(i);
    const Path at = field / "channel_ranks" / i;
    if (!IsName(rank.channel()))
      return Fail(reason::kNameMalformed, at / "channel", "name a channel");
    if (!rank.field().empty() && !ParseCardField(rank.field()))
      return Fail(reason::kFieldUnknown, at / "field", "no field has that name");
    if (rank.rank() < -kMaxRank || rank.rank() > kMaxRank)
      return Fail(reason::kPolicyMalformed, at / "rank", "a rank is between -1000 and 1000");
  }
  for (int i = 0; i < policy.fields_size(); ++i) {
    const auto& rule = policy.fields(i);
    const Path at = field / "fields" / i;
    const auto named = ParseCardField(rule.field());
    if (!named || !named->key.empty())
      return Fail(reason::kFieldUnknown, at / "field", "name a field of Contact");
    if (rule.required() && rule.switched_off())
      return Fail(reason::kPolicyMalformed, at, "a field can't be required and switched off");
    if (auto e = CheckNames(rule.channels(), at / "channels")) return e;
  }
  return std::nullopt;
}

MaybeError CheckCustomFields(const MerchantPolicy& policy, const Path& field) {
  std::set<std::string> keys;
  for (int i = 0; i < policy.custom_fields_size(); ++i) {
    const auto& custom = policy.custom_fields(i);
    const Path at = field / "custom_fields" / i;
    if (!IsName(custom.key()) || !keys.insert(custom.key()).second) {
      return Fail(reason::kNameMalformed, at / "key",
                  "a key is [a-z0-9][a-z0-9._-]{0,62} and stands once");
    }
    if (!carnet::v1::CustomFieldType_IsValid(custom.type()) ||
        custom.type() == carnet::v1::CUSTOM_FIELD_TYPE_UNSPECIFIED) {
      return Fail(reason::kPolicyMalformed, at / "type", "say what the field holds");
    }
    if ((custom.type() == carnet::v1::CUSTOM_FIELD_TYPE_CHOICE) == custom.choices().empty()) {
      return Fail(reason::kPolicyMalformed, at / "choices",
                  "a field to choose from has choices, another has none");
    }
    if (auto e = CheckNames(custom.channels(), at / "channels")) return e;
  }
  return std::nullopt;
}

}  // namespace

MaybeError CheckPolicyChanged(const carnet::v1::PolicyChanged& changed, const Path& field) {
  if (changed.fields().empty())
    return Fail(reason::kPolicyMalformed, field / "fields", "say which fields change");
  for (int i = 0; i < changed.fields_size(); ++i) {
    if (MerchantPolicy::descriptor()->FindFieldByName(changed.fields(i)) == nullptr)
      return Fail(reason::kFieldUnknown, field / "fields" / i, "no field has that name");
  }
  const MerchantPolicy& policy = changed.policy();
  const Path at = field / "policy";
  if (auto e = CheckLimits(policy, at)) return e;
  if (auto e = CheckCountry(policy.country(), at / "country")) return e;
  if (std::abs(policy.utc_offset_minutes()) > kMaxOffsetMinutes) {
    return Fail(reason::kTimeMalformed, at / "utc_offset_minutes",
                "an offset is between -1080 and 1080 minutes");
  }
  if (policy.delivery_days() < 0 || policy.delivery_days() > kMaxDeliveryDays) {
    return Fail(reason::kPolicyMalformed, at / "delivery_days",
                "deliveries are kept for 0 to 3650 days");
  }
  if (auto e = CheckRules(policy, at)) return e;
  if (auto e = CheckCustomFields(policy, at)) return e;
  for (int i = 0; i < policy.walk_in_ids_size(); ++i) {
    const auto& id = policy.walk_in_ids(i);
    if (!IsName(id.source()) || !IsExternalId(id.external_id())) {
      return Fail(reason::kExternalIdMalformed, at / "walk_in_ids" / i,
                  "give a source and an external id of it");
    }
  }
  for (int i = 0; i < policy.blocked_values_size(); ++i) {
    if (policy.blocked_values(i).value_case() == carnet::v1::BlockedValue::VALUE_NOT_SET)
      return Fail(reason::kPolicyMalformed, at / "blocked_values" / i, "give an e-mail or phone");
  }
  return std::nullopt;
}

}  // namespace carnet::domain
