// People as gateways tell of them, for tests of who is the same.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "carnet/v1/contact.pb.h"

namespace carnet::domain::testing {

// splitmix64: the same numbers on any machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  int Below(int n) { return static_cast<int>(Next() % static_cast<uint64_t>(n)); }
  bool Chance(int percent) { return Below(100) < percent; }

 private:
  uint64_t state_;
};

// Tokens as a gateway makes them, but of a plain hash.
inline std::string Token(std::string_view label, std::string_view text) {
  return Sha256(std::string(label) + ":" + std::string(text)).substr(0, 16);
}
using Kind = carnet::v1::IdentityTokenKind;
inline void Add(Kind kind, std::string_view label, std::string_view text,
                google::protobuf::RepeatedPtrField<carnet::v1::IdentityToken>* tokens) {
  auto* token = tokens->Add();
  token->set_kind(kind);
  token->set_value(Token(label, text));
}

// The fold never looks inside.
inline carnet::v1::Sealed* Seal(carnet::v1::Personal* value) {
  value->mutable_sealed()->set_key_id("0123456789abcdef");
  value->mutable_sealed()->set_box(std::string(64, 'x'));
  return value->mutable_sealed();
}

inline void SetName(const std::vector<std::string>& parts, carnet::v1::PersonName* name) {
  std::vector<std::string> sorted = parts;
  std::sort(sorted.begin(), sorted.end());
  std::string full;
  for (const std::string& part : parts) {
    Add(carnet::v1::IDENTITY_TOKEN_KIND_NAME_PART, "name", part, name->mutable_tokens());
    Add(carnet::v1::IDENTITY_TOKEN_KIND_NAME_INITIAL, "name", part.substr(0, 1),
        name->mutable_tokens());
    if (part.size() < 5) continue;
    for (size_t i = 0; i < part.size(); ++i) {
      Add(carnet::v1::IDENTITY_TOKEN_KIND_NAME_DELETION, "name", std::string(part).erase(i, 1),
          name->mutable_tokens());
    }
  }
  for (const std::string& part : sorted) full += part + " ";
  Add(carnet::v1::IDENTITY_TOKEN_KIND_NAME_FULL, "full", full, name->mutable_tokens());
}

inline void AddPhone(std::string_view number, carnet::v1::ValueFlag line,
                     carnet::v1::Contact* contact) {
  auto* phone = contact->add_phones();
  phone->add_flags(line);
  Add(carnet::v1::IDENTITY_TOKEN_KIND_PHONE, "phone", number, Seal(phone)->mutable_tokens());
}

inline void AddEmail(std::string_view address, carnet::v1::Contact* contact) {
  auto* tokens = Seal(contact->add_emails())->mutable_tokens();
  Add(carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT, "exact", address, tokens);
  Add(carnet::v1::IDENTITY_TOKEN_KIND_EMAIL_CANONICAL, "email", address, tokens);
}

// A small town: few names, numbers and homes, so that many meet.
inline carnet::v1::Contact RandomContact(Random* random) {
  static const std::vector<std::string> kGiven = {"marie", "paul", "jeanne", "luc", "sophie"};
  static const std::vector<std::string> kFamily = {"durand", "martin", "petit"};
  carnet::v1::Contact contact;
  const std::string family = kFamily[static_cast<size_t>(random->Below(3))];
  const std::string given = kGiven[static_cast<size_t>(random->Below(5))];
  switch (random->Below(6)) {
    case 0:
      break;
    case 1:
      SetName({family}, contact.mutable_name());
      break;
    case 2:
      SetName({given.substr(0, 1), family}, contact.mutable_name());
      break;
    default:
      SetName({given, family}, contact.mutable_name());
  }
  if (random->Chance(70)) {
    AddPhone("6" + std::to_string(random->Below(9)),
             random->Chance(80) ? carnet::v1::VALUE_FLAG_MOBILE : carnet::v1::VALUE_FLAG_LANDLINE,
             &contact);
  }
  if (random->Chance(40)) AddEmail(given + std::to_string(random->Below(2)), &contact);
  if (random->Chance(40)) {
    auto* tokens = contact.add_addresses()->mutable_tokens();
    const int home = random->Below(5);
    // Written in two ways behind one door; one home has no postcode, and so no door.
    const std::string written = std::to_string(home * 2 + random->Below(home == 0 ? 1 : 2));
    Add(carnet::v1::IDENTITY_TOKEN_KIND_ADDRESS_FULL, "address", written, tokens);
    Add(carnet::v1::IDENTITY_TOKEN_KIND_ADDRESS_NO_POSTCODE, "no", written, tokens);
    if (home != 0)
      Add(carnet::v1::IDENTITY_TOKEN_KIND_ADDRESS_DOOR, "door", std::to_string(home), tokens);
  }
  if (random->Chance(15)) {
    Add(carnet::v1::IDENTITY_TOKEN_KIND_BIRTH_DATE, "birth", std::to_string(random->Below(4)),
        Seal(contact.mutable_birth_date())->mutable_tokens());
  }
  if (random->Chance(10)) contact.set_type(carnet::v1::PARTY_TYPE_COMPANY);
  return contact;
}

}  // namespace carnet::domain::testing
