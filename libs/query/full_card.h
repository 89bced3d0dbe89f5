// What a full view of a card has beside the card: what is missing, what looks wrong, consents,
// those it brought, its contacts.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "carnet/v1/customer.pb.h"
#include "carnet/v1/policy.pb.h"
#include "domain/state.h"
#include "vault/lookup.h"

namespace carnet::query {

// Adds it to a card that FillCard() filled. Errors: the vault's.
absl::Status CompleteCard(const domain::Reader& reader, const vault::Lookup& lookup,
                          const carnet::v1::MerchantPolicy& policy, std::string_view merchant,
                          carnet::v1::Customer* card);

// What may be typing errors in a contact whose values are plain. Values that were never checked
// (they have no flags) are checked here, in `country`.
std::vector<carnet::v1::FieldWarning> WarningsOf(const carnet::v1::Contact& contact);

// Fields that policy asks for, in any channel in which the customer is known, and the card has not.
std::vector<std::string> MissingFields(const carnet::v1::MerchantPolicy& policy,
                                       const carnet::v1::Customer& card);

}  // namespace carnet::query
