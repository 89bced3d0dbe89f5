#include "vault/tokens.h"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "base/fatal.h"
#include "vault/normalize/birth_date.h"
#include "vault/sodium.h"

namespace carnet::vault {
namespace {

// Pieces after their length in one byte, so that no two lists give the same text.
std::string Join(std::initializer_list<std::string_view> pieces) {
  std::string text;
  for (const std::string_view piece : pieces) {
    CARNET_ASSERT(piece.size() <= 255);
    text.push_back(static_cast<char>(piece.size()));
    text.append(piece);
  }
  return text;
}

}  // namespace

std::string_view TokenLabel(v1::IdentityTokenKind kind) {
  switch (kind) {
    case v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT:
      return "email-exact";
    case v1::IDENTITY_TOKEN_KIND_EMAIL_CANONICAL:
      return "email";
    case v1::IDENTITY_TOKEN_KIND_PHONE:
      return "phone";
    case v1::IDENTITY_TOKEN_KIND_NAME_PART:
    case v1::IDENTITY_TOKEN_KIND_NAME_GIVEN:
    case v1::IDENTITY_TOKEN_KIND_NAME_FAMILY:
    case v1::IDENTITY_TOKEN_KIND_NAME_ROOT:
    case v1::IDENTITY_TOKEN_KIND_NAME_INITIAL:
    case v1::IDENTITY_TOKEN_KIND_NAME_DELETION:
      return "name";
    case v1::IDENTITY_TOKEN_KIND_NAME_FULL:
      return "name-full";
    case v1::IDENTITY_TOKEN_KIND_BIRTH_DATE:
    case v1::IDENTITY_TOKEN_KIND_BIRTH_DATE_NEAR:
      return "birth-date";
    case v1::IDENTITY_TOKEN_KIND_COMPANY_NUMBER:
      return "company-number";
    case v1::IDENTITY_TOKEN_KIND_ADDRESS_FULL:
      return "address-full";
    case v1::IDENTITY_TOKEN_KIND_ADDRESS_NO_POSTCODE:
      return "address";
    case v1::IDENTITY_TOKEN_KIND_ADDRESS_STREET:
      return "street";
    case v1::IDENTITY_TOKEN_KIND_ADDRESS_TOWN:
      return "town";
    case v1::IDENTITY_TOKEN_KIND_ADDRESS_HOUSE_NUMBER:
      return "house-number";
    case v1::IDENTITY_TOKEN_KIND_ADDRESS_DOOR:
      return "door";
    default:
      AssertionFailed(__FILE__, __LINE__, "a kind of token without a label");
  }
}

Token MakeToken(const Key& index_key, v1::IdentityTokenKind kind, std::string_view normal_form) {
  CARNET_ASSERT(!normal_form.empty());
  const std::string_view label = TokenLabel(kind);
  Token token;
  token.kind = kind;

  // Most inputs fit one block: hashing them at once from the stack is a third faster than piece by
  // piece.
  std::array<unsigned char, 128> buffer;
  const size_t size = 1 + label.size() + normal_form.size();
  std::string longer;
  unsigned char* input = buffer.data();
  if (size > buffer.size()) {
    longer.resize(size);
    input = reinterpret_cast<unsigned char*>(longer.data());
  }
  input[0] = static_cast<unsigned char>(label.size());
  std::copy(label.begin(), label.end(), input + 1);
  std::copy(normal_form.begin(), normal_form.end(), input + 1 + label.size());
  crypto_generichash(token.value.data(), token.value.size(), input, size, index_key.data(),
                     Key::kSize);
  return token;
}

void AddEmailTokens(const Key& index_key, const NormalEmail& email, Tokens* tokens) {
  if (email.kind == EmailKind::kInvalid || email.kind == EmailKind::kBlocked) return;
  tokens->push_back(MakeToken(index_key, v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT, email.exact));
  if (!email.canonical.empty()) {
    tokens->push_back(
        MakeToken(index_key, v1::IDENTITY_TOKEN_KIND_EMAIL_CANONICAL, email.canonical));
  }
}

void AddPhoneTokens(const Key& index_key, const NormalPhone& phone, Tokens* tokens) {
  if (phone.e164.empty()) return;
  tokens->push_back(MakeToken(index_key, v1::IDENTITY_TOKEN_KIND_PHONE, phone.e164));
}

void AddNameTokens(const Key& index_key, const std::vector<NamePart>& parts, Tokens* tokens) {
  const auto add = [&](v1::IdentityTokenKind kind, std::string_view text) {
    tokens->push_back(MakeToken(index_key, kind, text));
  };
  if (parts.empty()) return;
  for (const NamePart& part : parts) {
    switch (part.role) {
      case NameRole::kUnknown:
        add(v1::IDENTITY_TOKEN_KIND_NAME_PART, part.text);
        break;
      case NameRole::kGiven:
        add(v1::IDENTITY_TOKEN_KIND_NAME_GIVEN, part.text);
        break;
      case NameRole::kFamily:
        add(v1::IDENTITY_TOKEN_KIND_NAME_FAMILY, part.text);
        break;
    }
    if (const std::string_view root = NicknameRoot(part.text); !root.empty()) {
      add(v1::IDENTITY_TOKEN_KIND_NAME_ROOT, root);
    }
    add(v1::IDENTITY_TOKEN_KIND_NAME_INITIAL, InitialOf(part.text));
    for (const std::string& deletion : OneLetterDeletions(part.text)) {
      add(v1::IDENTITY_TOKEN_KIND_NAME_DELETION, deletion);
    }
  }
  add(v1::IDENTITY_TOKEN_KIND_NAME_FULL, FullNameKey(parts));
}

void AddCompanyNameTokens(const Key& index_key, const std::vector<NamePart>& parts,
                          Tokens* tokens) {
  if (parts.empty()) return;
  for (const NamePart& part : parts) {
    tokens->push_back(MakeToken(index_key, v1::IDENTITY_TOKEN_KIND_NAME_PART, part.text));
    for (const std::string& deletion : OneLetterDeletions(part.text)) {
      tokens->push_back(MakeToken(index_key, v1::IDENTITY_TOKEN_KIND_NAME_DELETION, deletion));
    }
  }
  tokens->push_back(MakeToken(index_key, v1::IDENTITY_TOKEN_KIND_NAME_FULL, FullNameKey(parts)));
}

void AddBirthDateTokens(const Key& index_key, std::string_view iso, Tokens* tokens) {
  tokens->push_back(MakeToken(index_key, v1::IDENTITY_TOKEN_KIND_BIRTH_DATE, iso));
  for (const std::string& near : OneSlipOff(iso)) {
    tokens->push_back(MakeToken(index_key, v1::IDENTITY_TOKEN_KIND_BIRTH_DATE_NEAR, near));
  }
}

void AddCompanyNumberTokens(const Key& index_key, std::string_view number, Tokens* tokens) {
  if (number.empty()) return;
  tokens->push_back(MakeToken(index_key, v1::IDENTITY_TOKEN_KIND_COMPANY_NUMBER, number));
}

void AddAddressTokens(const Key& index_key, const NormalAddress& address, Tokens* tokens) {
  const auto add = [&](v1::IdentityTokenKind kind, std::string_view text) {
    tokens->push_back(MakeToken(index_key, kind, text));
  };
  const auto& [street, number, postcode, town] = address;
  // A street alone is in every town; a town alone has thousands of people.
  if (!street.empty() && (!postcode.empty() || !town.empty())) {
    add(v1::IDENTITY_TOKEN_KIND_ADDRESS_FULL, Join({street, number, postcode, town}));
  }
  if (!street.empty() && !town.empty()) {
    add(v1::IDENTITY_TOKEN_KIND_ADDRESS_NO_POSTCODE, Join({street, number, town}));
  }
  if (!street.empty()) add(v1::IDENTITY_TOKEN_KIND_ADDRESS_STREET, street);
  if (!town.empty()) add(v1::IDENTITY_TOKEN_KIND_ADDRESS_TOWN, town);
  if (!number.empty()) add(v1::IDENTITY_TOKEN_KIND_ADDRESS_HOUSE_NUMBER, number);
  if (!street.empty() && !number.empty() && !postcode.empty()) {
    add(v1::IDENTITY_TOKEN_KIND_ADDRESS_DOOR, Join({StreetBeginning(street), number, postcode}));
  }
}

void WriteNameTokens(const Tokens& tokens,
                     google::protobuf::RepeatedPtrField<v1::IdentityToken>* out) {
  out->Clear();
  out->Reserve(static_cast<int>(tokens.size()));
  for (const Token& token : tokens) {
    v1::IdentityToken* const written = out->Add();
    written->set_kind(token.kind);
    written->set_value(token.bytes().data(), token.bytes().size());
  }
}

void WriteTokens(Tokens* tokens, google::protobuf::RepeatedPtrField<v1::IdentityToken>* out) {
  std::sort(tokens->begin(), tokens->end());
  tokens->erase(std::unique(tokens->begin(), tokens->end()), tokens->end());
  WriteNameTokens(*tokens, out);
}

}  // namespace carnet::vault
