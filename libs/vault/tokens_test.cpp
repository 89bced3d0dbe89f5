#include "vault/tokens.h"

#include <algorithm>
#include <map>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace carnet::vault {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Whoever changes a line of these goldens makes every token in every log useless: see tokens.h.
const Key kIndexKey(std::string(32, 'i'));

std::string Hex(const Token& token) {
  return absl::BytesToHexString(absl::string_view(token.bytes().data(), token.bytes().size()));
}

// "EMAIL_EXACT 00112233…", one a token, in the order in which they are written.
std::vector<std::string> Show(Tokens tokens) {
  google::protobuf::RepeatedPtrField<v1::IdentityToken> written;
  WriteTokens(&tokens, &written);
  std::vector<std::string> lines;
  for (const v1::IdentityToken& token : written) {
    lines.push_back(v1::IdentityTokenKind_Name(token.kind()).substr(20) + " " +
                    absl::BytesToHexString(token.value()));
  }
  return lines;
}

TEST(TokensTest, EveryKindIsPinned) {
  std::string all;
  for (int kind = v1::IdentityTokenKind_MIN + 1; kind <= v1::IdentityTokenKind_MAX; ++kind) {
    ASSERT_TRUE(v1::IdentityTokenKind_IsValid(kind));
    const auto typed = static_cast<v1::IdentityTokenKind>(kind);
    all += v1::IdentityTokenKind_Name(typed).substr(20) + " " + std::string(TokenLabel(typed)) +
           " " + Hex(MakeToken(kIndexKey, typed, "x")) + "\n";
  }
  EXPECT_EQ(all,
            "EMAIL_EXACT email-exact 79ff58316ce5cebc7b35ec6d05861c61\n"
            "EMAIL_CANONICAL email 6625a6102647eef01d150ff91d9d9073\n"
            "PHONE phone b91f613587f41beeba489bee28548327\n"
            "NAME_PART name 5efe6b31eccd6b8c5bf9b30eecb67e9c\n"
            "NAME_GIVEN name 5efe6b31eccd6b8c5bf9b30eecb67e9c\n"
            "NAME_FAMILY name 5efe6b31eccd6b8c5bf9b30eecb67e9c\n"
            "NAME_ROOT name 5efe6b31eccd6b8c5bf9b30eecb67e9c\n"
            "NAME_INITIAL name 5efe6b31eccd6b8c5bf9b30eecb67e9c\n"
            "NAME_DELETION name 5efe6b31eccd6b8c5bf9b30eecb67e9c\n"
            "NAME_FULL name-full 8c23e8745a41e787efc59574565af300\n"
            "BIRTH_DATE birth-date cc414e28fbace71c9b746932d2ca0336\n"
            "BIRTH_DATE_NEAR birth-date cc414e28fbace71c9b746932d2ca0336\n"
            "COMPANY_NUMBER company-number bcab52235c90297905617107b9df5dd6\n"
            "ADDRESS_FULL address-full 364a52ddfa6a09919f67a75a5b5d64bc\n"
            "ADDRESS_NO_POSTCODE address 43a8448982f314fdf51e7822d07c3ac6\n"
            "ADDRESS_STREET street d85eabe52e504d7e2857023a0d6e5eb8\n"
            "ADDRESS_TOWN town 24e2cf219545fcbfb07a195894dd30ea\n"
            "ADDRESS_HOUSE_NUMBER house-number 46b781ebfc49a4516d157bfa4ec6e92e\n"
            "ADDRESS_DOOR door 6306497bf23b28b91cc3eb1e5ec66d9f\n");
}

TEST(TokensTest, ValuesArePinned) {
  Tokens email;
  AddEmailTokens(kIndexKey, NormalizeEmail("Marie.Dupont+shop@Gmail.com"), &email);
  EXPECT_THAT(Show(email), ElementsAre("EMAIL_EXACT ee77dced65801cb77d2d8731ae80ff7b",
                                       "EMAIL_CANONICAL 87090c21086119b09e1004ff51f441ef"));

  const PhoneNormalizer phones;
  Tokens phone;
  AddPhoneTokens(kIndexKey, phones.Normalize("06 12 34 56 78", "FR"), &phone);
  EXPECT_THAT(Show(phone), ElementsAre("PHONE 77718fa033cc8df9873155f69eaaa546"));

  Tokens name;
  AddNameTokens(kIndexKey, NormalizePersonName("", "Bob", "Đào", "VN"), &name);
  EXPECT_THAT(Show(name), ElementsAre("NAME_GIVEN ffe854f6a8a4c5893c2c43f6fcc142b2",
                                      "NAME_FAMILY cff882f44fa3b7eddae4883c2b7a6e0f",
                                      "NAME_ROOT 19c60d51748da9e0e00216327cd8c2a1",
                                      "NAME_INITIAL e9efc6118732678a2ff98218da56074a",
                                      "NAME_INITIAL f0bba8f01995aca606fe1428e8bf2185",
                                      "NAME_FULL d12e5dd0e070289c7a439e8d16034758"));

  Tokens number;
  AddCompanyNumberTokens(kIndexKey, "73282932000074", &number);
  EXPECT_THAT(Show(number), ElementsAre("COMPANY_NUMBER 93e1deced20a5397f5ca0759df17e1a4"));

  Tokens address;
  AddAddressTokens(kIndexKey, NormalizeAddress("12 bis rue des Lilas", "75001", "Paris"), &address);
  EXPECT_THAT(Show(address), ElementsAre("ADDRESS_FULL 894c95dc0cefc2078e3282c5c19ff829",
                                         "ADDRESS_NO_POSTCODE 783297206403a488eaabbd8cd9a0502c",
                                         "ADDRESS_STREET 3c7e9e950d5468151b6d43beac272880",
                                         "ADDRESS_TOWN 699d6dccbe5012aa816f5b9bb15a2c7f",
                                         "ADDRESS_HOUSE_NUMBER 7bc98426010b4ba09f152398f053511a",
                                         "ADDRESS_DOOR 26055dcd20e5c57110075fc28e5fbaf9"));
  // However the rest of it is spelled.
  Tokens other;
  AddAddressTokens(kIndexKey, NormalizeAddress("12bis r. des Lillas", "75001", "Paname"), &other);
  EXPECT_EQ(other.back(), address.back());
  Tokens without;
  AddAddressTokens(kIndexKey, NormalizeAddress("12 bis rue des Lilas", "", "Paris"), &without);
  EXPECT_THAT(Show(without), Each(Not(HasSubstr("DOOR"))));
}

TEST(TokensTest, DependOnKeyLabelAndText) {
  const Token token = MakeToken(kIndexKey, v1::IDENTITY_TOKEN_KIND_PHONE, "+33612345678");
  const auto with = [&](const Key& key, v1::IdentityTokenKind kind, const char* text) {
    return MakeToken(key, kind, text).value;
  };
  EXPECT_EQ(with(kIndexKey, token.kind, "+33612345678"), token.value);
  EXPECT_NE(with(Key(std::string(32, 'j')), token.kind, "+33612345678"), token.value);
  EXPECT_NE(with(kIndexKey, v1::IDENTITY_TOKEN_KIND_COMPANY_NUMBER, "+33612345678"), token.value);
  EXPECT_NE(with(kIndexKey, token.kind, "+33612345679"), token.value);
  // Longer than the buffer on the stack.
  EXPECT_NE(with(kIndexKey, token.kind, std::string(300, 'a').c_str()),
            with(kIndexKey, token.kind, (std::string(299, 'a') + "b").c_str()));
}

std::vector<Token> NameTokens(const char* full, const char* given, const char* family) {
  Tokens tokens;
  AddNameTokens(kIndexKey, NormalizePersonName(full, given, family, "FR"), &tokens);
  return tokens;
}

// Whether a token of one kind equals one of another kind.
bool Meet(const Tokens& a, v1::IdentityTokenKind kind_a, const Tokens& b,
          v1::IdentityTokenKind kind_b) {
  return std::any_of(a.begin(), a.end(), [&](const Token& x) {
    return x.kind == kind_a && std::any_of(b.begin(), b.end(), [&](const Token& y) {
             return y.kind == kind_b && x.value == y.value;
           });
  });
}

TEST(TokensTest, PartsOfNamesMeetWhateverTheirRole) {
  using K = v1::IdentityTokenKind;
  constexpr K kPart = v1::IDENTITY_TOKEN_KIND_NAME_PART;
  constexpr K kGiven = v1::IDENTITY_TOKEN_KIND_NAME_GIVEN;
  constexpr K kFamily = v1::IDENTITY_TOKEN_KIND_NAME_FAMILY;
  constexpr K kRoot = v1::IDENTITY_TOKEN_KIND_NAME_ROOT;
  constexpr K kInitial = v1::IDENTITY_TOKEN_KIND_NAME_INITIAL;
  constexpr K kDeletion = v1::IDENTITY_TOKEN_KIND_NAME_DELETION;
  constexpr K kFull = v1::IDENTITY_TOKEN_KIND_NAME_FULL;
  const Tokens shop = NameTokens("", "Robert", "Martin");
  EXPECT_TRUE(Meet(NameTokens("MARTIN ROBERT", "", ""), kPart, shop, kFamily));
  EXPECT_TRUE(Meet(NameTokens("MARTIN ROBERT", "", ""), kPart, shop, kGiven));
  EXPECT_TRUE(Meet(NameTokens("MARTIN ROBERT", "", ""), kFull, shop, kFull));
  EXPECT_TRUE(Meet(NameTokens("Bob Martin", "", ""), kRoot, shop, kGiven));
  EXPECT_TRUE(Meet(NameTokens("MARTIN R", "", ""), kPart, shop, kInitial));
  EXPECT_TRUE(Meet(NameTokens("MARTN", "", ""), kPart, shop, kDeletion));       // one missing
  EXPECT_TRUE(Meet(NameTokens("MARTEN", "", ""), kDeletion, shop, kDeletion));  // one other
  EXPECT_FALSE(Meet(NameTokens("MORTEN", "", ""), kDeletion, shop, kDeletion));
}

TEST(TokensTest, BirthDatesMeetTheirNeighbours) {
  Tokens one;
  Tokens other;
  AddBirthDateTokens(kIndexKey, "1984-02-29", &one);
  AddBirthDateTokens(kIndexKey, "1984-02-28", &other);
  EXPECT_TRUE(Meet(one, v1::IDENTITY_TOKEN_KIND_BIRTH_DATE, other,
                   v1::IDENTITY_TOKEN_KIND_BIRTH_DATE_NEAR));
}

TEST(TokensTest, WhatIdentifiesNobodyHasNone) {
  Tokens tokens;
  AddEmailTokens(kIndexKey, NormalizeEmail("no address"), &tokens);
  AddEmailTokens(kIndexKey, NormalizeEmail("nomail@example.com"), &tokens);
  AddPhoneTokens(kIndexKey, NormalPhone{.kind = PhoneKind::kBlocked}, &tokens);
  AddNameTokens(kIndexKey, {}, &tokens);
  AddCompanyNameTokens(kIndexKey, {}, &tokens);
  AddCompanyNumberTokens(kIndexKey, "", &tokens);
  AddAddressTokens(kIndexKey, NormalAddress{}, &tokens);
  EXPECT_TRUE(tokens.empty());
  // Found again, but not who somebody is.
  AddEmailTokens(kIndexKey, NormalizeEmail("info@example.com"), &tokens);
  ASSERT_EQ(tokens.size(), 1u);
  EXPECT_EQ(tokens[0].kind, v1::IDENTITY_TOKEN_KIND_EMAIL_EXACT);
}

TEST(TokensTest, AreWrittenSortedAndOnce) {
  Tokens tokens = NameTokens("Anna Anna Nana", "", "");
  Tokens reversed(tokens.rbegin(), tokens.rend());
  reversed.insert(reversed.end(), tokens.begin(), tokens.end());
  EXPECT_EQ(Show(tokens), Show(reversed));
}

}  // namespace
}  // namespace carnet::vault
