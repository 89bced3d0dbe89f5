// The fields of a card, by name. What there is, how long and how many is said once, by
// carnet.v1.Contact and its options.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <google/protobuf/descriptor.h>

namespace carnet::domain {

// A top-level field of Contact or, with a key, one of the merchant's own.
struct CardField {
  uint32_t number = 0;
  std::string key;  // only where number is Contact.custom's

  auto operator<=>(const CardField&) const = default;
};

// "emails", "custom.allergies". Nothing for a name that no field has; "custom" alone is none.
std::optional<CardField> ParseCardField(std::string_view name);
std::string CardFieldName(uint32_t number, std::string_view key);

// Null: a newer version's.
const google::protobuf::FieldDescriptor* ContactField(uint32_t number);

}  // namespace carnet::domain
