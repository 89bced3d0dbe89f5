// Plain personal values to sealed ones: what a gateway does to a body before it is appended.
#pragma once

#include <string_view>

#include "absl/status/status.h"

#include "base/uuid.h"
#include "carnet/v1/change.pb.h"
#include "vault/key_ring.h"
#include "vault/normalize/phone.h"

namespace carnet::vault {

// Takes every personal value out of a body.
void DropPersonal(v1::Body* body);

// May be called from any thread.
class Sealer {
 public:
  // Both must outlive the sealer.
  Sealer(KeyRing* keys, PhoneNormalizer* phones) : keys_(keys), phones_(phones) {}

  // Seals every Personal in `body`, whichever field it stands in: `plain` becomes `sealed` under a
  // key of the source record `record_id`, `normalized` is cleared, `flags` are set to what the
  // check of the value found, and tokens are made: on the value for an e-mail, phone, birth date,
  // company number and company name; in PersonName.tokens and Address.tokens for names and
  // addresses. Tokens are sorted by kind, then value, none twice. What a consent is for becomes
  // tokens alone, as nobody ever reads it back. An empty plain value becomes an
  // absent one. A Personal without a value stays as it is.
  //
  // `record_id` is domain::SealedFor() of the change. `default_country` (ISO 3166-1, two letters,
  // or empty) is how phones without a country code (and names) are read where neither the contact
  // nor an address of it has a country.
  //
  // A value that a record of one key says again in the same field is sealed to the same bytes: the
  // fold can tell that nothing changed.
  //
  // Keys that must be persisted (KeyRing::Persist) before the body is appended are added to
  // `new_keys`.
  //
  // Errors, with `body` half done, not to be used: KeyRing's (KEY_MISSING: stop this merchant's
  // writes); INVALID_ARGUMENT(SEALED_NOT_ALLOWED): a value is sealed already.
  absl::Status Seal(std::string_view merchant, const Uuid& record_id,
                    std::string_view default_country, v1::Body* body, NewKeys* new_keys) const;

  // Writes beside each blocked value of a policy the tokens by which the fold knows it; none for a
  // value that is not valid. Errors: KeyRing's.
  absl::Status AddBlockedTokens(std::string_view merchant, std::string_view default_country,
                                v1::MerchantPolicy* policy) const;

 private:
  KeyRing* const keys_;
  PhoneNormalizer* const phones_;
};

}  // namespace carnet::vault
