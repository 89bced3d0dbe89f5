// Identity tokens: keyed hashes by which equal values find each other without being readable.
#pragma once

#include <array>
#include <compare>
#include <string_view>
#include <vector>

#include "carnet/v1/contact.pb.h"
#include "carnet/v1/personal.pb.h"
#include "vault/key.h"
#include "vault/normalize/address.h"
#include "vault/normalize/email.h"
#include "vault/normalize/name.h"
#include "vault/normalize/phone.h"

namespace carnet::vault {

// What is hashed: BLAKE2b-128, keyed with the merchant's index key, over one byte with the label's
// length, the label and the normal form. The label names the field, the kind says how the value was
// derived from it; kinds that must be compared with each other share a label, so that equal texts
// have equal values:
//
//   label          kinds
//   email-exact    EMAIL_EXACT
//   email          EMAIL_CANONICAL
//   phone          PHONE
//   name           NAME_PART, NAME_GIVEN, NAME_FAMILY, NAME_ROOT, NAME_INITIAL, NAME_DELETION
//                  (so a part of unknown role equals a given name, Bob's root equals Robert, an
//                  initial equals a part of one letter, and a deletion equals a part that is one
//                  letter shorter)
//   name-full      NAME_FULL
//   birth-date     BIRTH_DATE, BIRTH_DATE_NEAR
//   company-number COMPANY_NUMBER
//   address-full   ADDRESS_FULL          street, number, postcode, town, each after its length in
//   one byte address        ADDRESS_NO_POSTCODE   street, number, town, likewise street, town,
//   house-number           ADDRESS_STREET, ADDRESS_TOWN, ADDRESS_HOUSE_NUMBER
//   door           ADDRESS_DOOR          the street's beginning, number, postcode, likewise
//
// Labels and normal forms stand behind everything in the log: never change one.
std::string_view TokenLabel(v1::IdentityTokenKind kind);

struct Token {
  v1::IdentityTokenKind kind = v1::IDENTITY_TOKEN_KIND_UNSPECIFIED;
  std::array<unsigned char, 16> value{};

  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(value.data()), value.size()};
  }

  auto operator<=>(const Token&) const = default;
};
using Tokens = std::vector<Token>;

// One token. `normal_form` must not be empty.
Token MakeToken(const Key& index_key, v1::IdentityTokenKind kind, std::string_view normal_form);

// All tokens of a value, added to `tokens`; none for what identifies nobody, but for the exact
// e-mail of a role or relay.
void AddEmailTokens(const Key& index_key, const NormalEmail& email, Tokens* tokens);
void AddPhoneTokens(const Key& index_key, const NormalPhone& phone, Tokens* tokens);
// Of a person's name: each part's token, then its root, initial and deletions; the full name last.
void AddNameTokens(const Key& index_key, const std::vector<NamePart>& parts, Tokens* tokens);
// Of a company's name, likewise: no roots, no initials.
void AddCompanyNameTokens(const Key& index_key, const std::vector<NamePart>& parts, Tokens* tokens);
// `iso` must be of kind kValid.
void AddBirthDateTokens(const Key& index_key, std::string_view iso, Tokens* tokens);
void AddCompanyNumberTokens(const Key& index_key, std::string_view number, Tokens* tokens);
void AddAddressTokens(const Key& index_key, const NormalAddress& address, Tokens* tokens);

// Replaces what is in `out`, in the order given: which tokens are of one part is told by where they
// stand.
void WriteNameTokens(const Tokens& tokens,
                     google::protobuf::RepeatedPtrField<v1::IdentityToken>* out);

// Sorts by kind, then value, drops repeats, and replaces what is in `out`.
void WriteTokens(Tokens* tokens, google::protobuf::RepeatedPtrField<v1::IdentityToken>* out);

}  // namespace carnet::vault
