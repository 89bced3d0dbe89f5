// Tokens of what somebody typed: to search for it, and to name a source record that has no id.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "carnet/v1/contact.pb.h"
#include "vault/key_ring.h"
#include "vault/normalize/phone.h"

namespace carnet::vault {

// May be called from any thread.
class Lookup {
 public:
  // Both must outlive the lookup.
  Lookup(KeyRing* keys, PhoneNormalizer* phones) : keys_(keys), phones_(phones) {}

  // IdentityToken.value (16 bytes) of kind PHONE for a phone as typed, read in `country` where it
  // has no country code. Empty: no valid phone, a placeholder, or a merchant without keys (so
  // without customers). Errors: KeyRing's.
  absl::StatusOr<std::string> PhoneToken(std::string_view merchant, std::string_view typed,
                                         std::string_view country) const;

  // The same for an e-mail; kind EMAIL_EXACT.
  absl::StatusOr<std::string> EmailToken(std::string_view merchant, std::string_view typed) const;

  // The external id of a source record whose channel gave none: label and token, in hex, of the
  // strongest identifier of a contact that is not sealed yet: the first company number, else the
  // first e-mail that identifies somebody (its canonical form), else the first mobile phone, else
  // the first other phone, as in "email:00112233445566778899aabbccddeeff". Empty where none
  // identifies: take the change's id. Makes the merchant's keys at first use. Errors: KeyRing's.
  absl::StatusOr<std::string> DerivedExternalId(std::string_view merchant,
                                                const v1::Contact& contact,
                                                std::string_view default_country) const;

 private:
  KeyRing* const keys_;
  PhoneNormalizer* const phones_;
};

}  // namespace carnet::vault
