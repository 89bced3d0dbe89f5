#include "domain/customers/policy.h"

#include <algorithm>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "base/civil_date.h"
#include "domain/customers/catalogue.h"
#include "domain/keys.h"
#include "domain/reasons.h"

namespace carnet::domain {
namespace {

using carnet::log::v1::PolicyRow;
using carnet::log::v1::RecordRow;
using carnet::v1::Contact;
using carnet::v1::CustomField;
using carnet::v1::CustomValue;
using carnet::v1::FieldRule;
using carnet::v1::MerchantPolicy;

template <typename Names>
bool Contains(const Names& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& each) { return each == name; });
}

// Empty: all channels.
template <typename Names>
bool Covers(const Names& channels, std::string_view channel) {
  return channels.empty() || Contains(channels, channel);
}

bool IsDecimal(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const size_t point = text.find('.');
  const auto digits = [](std::string_view part) {
    return !part.empty() &&
           std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (point == std::string_view::npos) return digits(text);
  return digits(text.substr(0, point)) && digits(text.substr(point + 1));
}

// The rows by which a walk-in's id is known.
void ReplaceWalkIns(Step* step, const MerchantPolicy& before, const MerchantPolicy& after) {
  const std::string& merchant = step->merchant_name();
  for (const auto& id : before.walk_in_ids()) {
    step->state.Delete(Family::kPolicies, WalkInKey(merchant, id.source(), id.external_id()));
  }
  for (const auto& id : after.walk_in_ids()) {
    step->state.Put(Family::kPolicies, WalkInKey(merchant, id.source(), id.external_id()), "");
  }
  step->merchant.set_has_walk_in_ids(!after.walk_in_ids().empty());
}

// Remembers each key's type; false where one would change.
bool RememberTypes(PolicyRow* row, std::string* changed_key) {
  auto* known = row->mutable_known_fields();
  for (const CustomField& field : row->policy().custom_fields()) {
    const auto place = std::lower_bound(
        known->begin(), known->end(), field.key(),
        [](const CustomField& a, const std::string& key) { return a.key() < key; });
    if (place != known->end() && place->key() == field.key()) {
      if (place->type() == field.type()) continue;
      *changed_key = field.key();
      return false;
    }
    auto at = static_cast<int>(place - known->begin());
    CustomField* added = known->Add();
    added->set_key(field.key());
    added->set_type(field.type());
    for (int i = known->size() - 1; i > at; --i) known->SwapElements(i, i - 1);
  }
  return true;
}

}  // namespace

bool ReadPolicy(const Reader& state, std::string_view merchant, PolicyRow* row) {
  return GetRow(state, Family::kPolicies, PolicyKey(merchant), row);
}

int32_t ChannelRankOf(const MerchantPolicy& policy, std::string_view channel,
                      std::string_view field_name) {
  int32_t rank = 0;
  for (const auto& each : policy.channel_ranks()) {
    if (each.channel() != channel) continue;
    if (each.field() == field_name) return each.rank();
    if (each.field().empty()) rank = each.rank();
  }
  return rank;
}

bool IsSwitchedOff(const MerchantPolicy& policy, std::string_view channel,
                   std::string_view field_name) {
  return std::any_of(policy.fields().begin(), policy.fields().end(), [&](const FieldRule& rule) {
    return rule.switched_off() && rule.field() == field_name && Covers(rule.channels(), channel);
  });
}

bool IsRequired(const MerchantPolicy& policy, std::string_view channel,
                std::string_view field_name) {
  return std::any_of(policy.fields().begin(), policy.fields().end(), [&](const FieldRule& rule) {
    return rule.required() && rule.field() == field_name && Covers(rule.channels(), channel);
  });
}

bool IsHidden(const MerchantPolicy& policy, std::string_view field_name) {
  return std::any_of(policy.fields().begin(), policy.fields().end(), [&](const FieldRule& rule) {
    return rule.switched_off() && rule.field() == field_name && rule.channels().empty();
  });
}

const CustomField* FindCustomField(const MerchantPolicy& policy, std::string_view key) {
  for (const CustomField& field : policy.custom_fields()) {
    if (field.key() == key) return &field;
  }
  return nullptr;
}

bool FitsCustomField(const CustomField& field, const CustomValue& value) {
  switch (value.value_case()) {
    case CustomValue::kText:
      return field.type() == carnet::v1::CUSTOM_FIELD_TYPE_TEXT;
    case CustomValue::kNumber:
      return field.type() == carnet::v1::CUSTOM_FIELD_TYPE_NUMBER && IsDecimal(value.number());
    case CustomValue::kDate:
      return field.type() == carnet::v1::CUSTOM_FIELD_TYPE_DATE &&
             ParseCivilDay(value.date()).has_value();
    case CustomValue::kChoice:
      return field.type() == carnet::v1::CUSTOM_FIELD_TYPE_CHOICE &&
             std::any_of(field.choices().begin(), field.choices().end(),
                         [&](const auto& choice) { return choice.key() == value.choice(); });
    case CustomValue::kYes:
      return field.type() == carnet::v1::CUSTOM_FIELD_TYPE_YES_NO;
    case CustomValue::VALUE_NOT_SET:
      break;
  }
  return false;
}

bool DropSwitchedOff(const MerchantPolicy& policy, std::string_view channel, Contact* contact) {
  bool dropped = false;
  const auto* reflection = contact->GetReflection();
  for (const FieldRule& rule : policy.fields()) {
    if (!rule.switched_off() || !Covers(rule.channels(), channel)) continue;
    const auto* field = Contact::descriptor()->FindFieldByName(rule.field());
    if (field == nullptr) continue;
    const bool is_set = field->is_repeated() ? reflection->FieldSize(*contact, field) > 0
                                             : reflection->HasField(*contact, field);
    if (!is_set) continue;
    reflection->ClearField(contact, field);
    dropped = true;
  }
  auto* custom = contact->mutable_custom();
  const auto not_taken = [&](const CustomValue& value) {
    const CustomField* field = FindCustomField(policy, value.key());
    return field != nullptr && !Covers(field->channels(), channel);
  };
  const auto kept = std::remove_if(custom->begin(), custom->end(), not_taken);
  if (kept != custom->end()) {
    custom->erase(kept, custom->end());
    dropped = true;
  }
  return dropped;
}

Verdict ApplyPolicyChanged(Step* step, const carnet::v1::PolicyChanged& changed) {
  PolicyRow row;
  ReadPolicy(step->state, step->merchant_name(), &row);
  const std::string& etag = step->change.preconditions().etag();
  if (!etag.empty() && etag != std::to_string(row.change_number())) {
    return Verdict::Rejected(reason::kEtagChanged,
                             "the policy was changed since: read it again and decide anew");
  }
  const MerchantPolicy before = row.policy();
  MerchantPolicy said = changed.policy();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  for (const std::string& name : changed.fields()) {
    const auto* field = MerchantPolicy::descriptor()->FindFieldByName(name);
    if (std::find(fields.begin(), fields.end(), field) == fields.end()) fields.push_back(field);
  }
  // Only what is named counts; what is empty there is emptied.
  said.GetReflection()->SwapFields(&said, row.mutable_policy(), fields);
  std::string key;
  if (!RememberTypes(&row, &key)) {
    auto& violation = step->violations.emplace_back();
    violation.set_field("custom." + key);
    violation.set_reason(std::string(reason::kFieldTypeChanged));
    violation.set_detail("this field has another type: give the new one a key of its own");
    return Verdict::Rejected(reason::kFieldTypeChanged,
                             "the custom field " + key + " has another type, and keeps it");
  }
  if (row.policy().SerializeAsString() == before.SerializeAsString()) {
    step->Flag(flag::kNoChange);
    return Verdict::Applied();
  }
  ReplaceWalkIns(step, before, row.policy());
  row.set_change_number(step->number);
  step->merchant.set_policy_change_number(step->number);
  PutRow(&step->state, Family::kPolicies, PolicyKey(step->merchant_name()), row);
  return Verdict::Applied();
}

void ApplyPolicyToNewRecord(Step* step, RecordRow* row) {
  PolicyRow policy;
  if (!ReadPolicy(step->state, step->merchant_name(), &policy)) return;
  if (policy.policy().has_default_assignee()) {
    *row->mutable_default_assignee() = policy.policy().default_assignee();
  }
  if (policy.policy().account_prefix().empty()) return;
  const uint64_t number = step->merchant.last_generated_account() + 1;
  step->merchant.set_last_generated_account(number);
  std::string digits = std::to_string(number);
  if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
  row->set_generated_account(policy.policy().account_prefix() + digits);
}

}  // namespace carnet::domain
