// What is known of one source record's identity: a function of what was said of it, whatever the
// order in which it came.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "carnet/log/v1/identity_rows.pb.h"
#include "carnet/v1/contact.pb.h"

namespace carnet::domain::identity {

// Of values that change, so many are remembered, the latest: what somebody used before still
// finds them.
inline constexpr int kMaxValues = 16;
inline constexpr int kMaxNames = 4;
inline constexpr int kMaxAddresses = 4;

// The first 8 (4) bytes of a token: few enough values a merchant has that these do not collide.
uint64_t Short(std::string_view token);
uint32_t Shorter(std::string_view token);
inline uint32_t Shorter(uint64_t short_token) { return static_cast<uint32_t>(short_token >> 32); }

// Adds what a contact, sealed by a gateway, says at `at_micros` (as cells are merged: see
// Step::as_of()). False if that changes nothing.
bool Learn(const carnet::v1::Contact& contact, int64_t at_micros,
           carnet::log::v1::IdentityRow* row);

// Forgets what was said of some fields of Contact up to `at_micros`: they were cleared then.
void Forget(const std::vector<uint32_t>& fields, int64_t at_micros,
            carnet::log::v1::IdentityRow* row);

// The value by which those who live at an address find each other: its door, which does not hang on
// how the street and town are spelled; where there is none, the whole address.
std::pair<carnet::v1::IdentityTokenKind, uint64_t> HomeOf(
    const carnet::log::v1::SeenAddress& address);
bool IsHome(carnet::v1::IdentityTokenKind kind);

// Calls `visit` for the values under which other records can find this one, each once: phones,
// e-mails, company numbers, date of birth, homes, full names.
using VisitValue = std::function<void(carnet::v1::IdentityTokenKind kind, uint64_t token)>;
void ForEachSharedValue(const carnet::log::v1::IdentityRow& row, const VisitValue& visit);

}  // namespace carnet::domain::identity
