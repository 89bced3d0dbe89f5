// From what a card shows to what is said to change it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "carnet/v1/contact.pb.h"
#include "carnet/v1/customer_service.pb.h"

namespace carnet::query {

// Takes out what only answers have (normal forms, flags), so that the contact can be published.
void StripOutput(google::protobuf::Message* message);

// What an update says: the fields of the mask (none: those that are set), cleared where the contact
// has nothing in them. Errors: INVALID_ARGUMENT(FIELD_UNKNOWN) about `field`.
absl::StatusOr<carnet::v1::ContactObserved> UpdateOf(const carnet::v1::Contact& contact,
                                                     const std::vector<std::string>& mask,
                                                     std::string_view field);

// What may be copied of a card: no identifier (e-mail, phone, web site, company and tax numbers,
// code, accounting account), no date of birth, no referrer.
carnet::v1::Contact CopyOf(const carnet::v1::Contact& contact);

// The value that `change_number` said of a field, as explained; null: there is none.
const carnet::v1::FieldValue* FindValue(const carnet::v1::ExplainCustomerResponse& explained,
                                        uint64_t change_number, const std::string& record);

}  // namespace carnet::query
