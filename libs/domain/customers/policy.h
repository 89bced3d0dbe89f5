// A merchant's policy: how it is changed, and what it says of one change.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "carnet/log/v1/card_rows.pb.h"
#include "carnet/log/v1/rows.pb.h"
#include "carnet/v1/policy.pb.h"
#include "domain/step.h"

namespace carnet::domain {

// False: there was never any. Nobody need look where MerchantRow.policy_change_number is 0.
bool ReadPolicy(const Reader& state, std::string_view merchant, carnet::log::v1::PolicyRow* row);

// Rank of a channel in a field; 0 where policy does not say. A rule for the field goes before one
// for all fields.
int32_t ChannelRankOf(const carnet::v1::MerchantPolicy& policy, std::string_view channel,
                      std::string_view field_name);

// Whether what a channel says of a field is dropped, and whether it must say something.
bool IsSwitchedOff(const carnet::v1::MerchantPolicy& policy, std::string_view channel,
                   std::string_view field_name);
bool IsRequired(const carnet::v1::MerchantPolicy& policy, std::string_view channel,
                std::string_view field_name);
// Whether it is dropped in all channels: then it is not shown either.
bool IsHidden(const carnet::v1::MerchantPolicy& policy, std::string_view field_name);

// Null: there is none with that key (any more).
const carnet::v1::CustomField* FindCustomField(const carnet::v1::MerchantPolicy& policy,
                                               std::string_view key);

// Whether a value is one that the field can hold.
bool FitsCustomField(const carnet::v1::CustomField& field, const carnet::v1::CustomValue& value);

// Takes out of a contact what policy drops for this channel. True: there was something.
bool DropSwitchedOff(const carnet::v1::MerchantPolicy& policy, std::string_view channel,
                     carnet::v1::Contact* contact);

Verdict ApplyPolicyChanged(Step* step, const carnet::v1::PolicyChanged& changed);

// What every new record is given: who looks after it, its accounting account.
void ApplyPolicyToNewRecord(Step* step, carnet::log::v1::RecordRow* row);

}  // namespace carnet::domain
