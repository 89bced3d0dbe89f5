#include "access/credentials.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "access/access_file.h"
#include "access/secrets.h"
#include "base/error.h"

namespace carnet::access {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'750'000'000);

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    secrets_ = {Secret::Random()};
    EXPECT_TRUE(SaveSecrets(files_().secrets, secrets_).ok());
  }
  ~CredentialsTest() override { std::filesystem::remove_all(folder_); }

  Credentials::Files files_() const {
    return {.keys = folder_ + "/access.json", .secrets = folder_ + "/access.key"};
  }

  // A key in file_, not yet saved.
  std::string Add(v1::Role role = v1::ROLE_TILL) {
    v1::AccessKey* key = file_.add_keys();
    key->set_role(role);
    key->add_merchants("shop-1");
    return MakeKey(secrets_.front(), kNow, key);
  }
  void Save() { ASSERT_TRUE(SaveAccessFile(files_().keys, file_).ok()); }

  std::unique_ptr<Credentials> Load() {
    Save();
    auto loaded = Credentials::Load(files_());
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return *std::move(loaded);
  }

  static std::string Verdict(Credentials* credentials, const std::string& text,
                             absl::Time now = kNow) {
    const auto answer = credentials->Authenticate(text, now);
    return answer.caller != nullptr ? "OK" : std::string(answer.refused);
  }

  static v1::CreateTokenRequest TokenFor(v1::Role role, int customers = 1) {
    v1::CreateTokenRequest request;
    request.set_merchant("shop-1");
    request.set_role(role);
    for (int i = 0; i < customers; ++i) {
      request.add_customers("customers/" + Uuid::Random().ToString());
    }
    return request;
  }

  std::string folder_ = testing::TempDir() + "/access-XXXXXX";
  Secrets secrets_;
  v1::AccessFile file_;
};

TEST_F(CredentialsTest, AKeyIsItsExactText) {
  const std::string key = Add();
  EXPECT_EQ(key.size(), 67u);
  const std::string other = Add();
  const auto credentials = Load();
  EXPECT_EQ(Verdict(credentials.get(), key), "OK");
  EXPECT_EQ(Verdict(credentials.get(), key), "OK");  // remembered
  EXPECT_EQ(credentials->Authenticate(key, kNow).caller->who, file_.keys(0).id());
  // Every letter counts, also after the key was remembered. (The last one holds four bits.)
  for (size_t i = 0; i < key.size(); ++i) {
    std::string wrong = key;
    wrong[i] = wrong[i] == 'a' ? 'e' : 'a';
    EXPECT_NE(Verdict(credentials.get(), wrong), "OK") << i;
  }
  // The secret of one with the id of another.
  EXPECT_EQ(Verdict(credentials.get(), key.substr(0, 24) + other.substr(24)), "unknown");
  for (const std::string& junk : {std::string(), std::string("carnet_key_"), key + "A",
                                  key.substr(0, 66), std::string(100'000, 'a'), "Bearer " + key}) {
    EXPECT_EQ(Verdict(credentials.get(), junk), "malformed");
  }
}

// The whole hash is compared, not how it begins.
TEST_F(CredentialsTest, EveryByteOfAHashCounts) {
  std::vector<std::string> keys;
  for (size_t i = 0; i < 32; ++i) {
    keys.push_back(Add());
    std::string* hash = file_.mutable_keys(static_cast<int>(i))->mutable_hash();
    ASSERT_EQ(hash->size(), 32U);
    (*hash)[i] = static_cast<char>((*hash)[i] ^ 1);
  }
  const auto credentials = Load();
  for (const std::string& key : keys) EXPECT_EQ(Verdict(credentials.get(), key), "unknown");
}

// What is remembered lies in few places: so many others that some fall into each of them.
TEST_F(CredentialsTest, WhatIsRememberedIsNobodyElses) {
  const std::string key = Add();
  const auto credentials = Load();
  ASSERT_EQ(Verdict(credentials.get(), key), "OK");
  for (int i = 0; i < 60'000; ++i)
    ASSERT_EQ(Verdict(credentials.get(), "carnet_key_" + std::to_string(i)), "malformed");
  EXPECT_EQ(Verdict(credentials.get(), key), "OK");
}

TEST_F(CredentialsTest, TheFileHoldsNoSecret) {
  const std::string key = Add();
  Load();
  std::ifstream file(files_().keys);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_NE(text.find(file_.keys(0).id()), std::string::npos);
  EXPECT_EQ(text.find(key.substr(24)), std::string::npos);
  // A hash alone, without the secrets' file, does not even confirm a guess.
  EXPECT_NE(secrets_.front().HashOf("x", "y"), Secret::Random().HashOf("x", "y"));
}

TEST_F(CredentialsTest, ExpiredAndRevokedAreRefusedAlsoWhenRemembered) {
  const std::string key = Add();
  file_.mutable_keys(0)->mutable_expires_at()->set_seconds(absl::ToUnixSeconds(kNow) + 10);
  const auto credentials = Load();
  const auto given = credentials->Authenticate(key, kNow).caller;
  ASSERT_NE(given, nullptr);
  EXPECT_EQ(Verdict(credentials.get(), key, kNow + absl::Seconds(9.9)), "OK");
  EXPECT_EQ(Verdict(credentials.get(), key, kNow + absl::Seconds(10)), "expired");
  EXPECT_FALSE(credentials->Holds(*given, kNow + absl::Seconds(10)));

  file_.mutable_keys(0)->mutable_revoked_at()->set_seconds(absl::ToUnixSeconds(kNow));
  Save();
  EXPECT_TRUE(*credentials->Reload());
  EXPECT_EQ(Verdict(credentials.get(), key), "expired");
  EXPECT_FALSE(credentials->Holds(*given, kNow));
}

TEST_F(CredentialsTest, ReloadsWhatChangedAndKeepsWhatWasThereOnErrors) {
  const std::string first = Add();
  const auto credentials = Load();
  const auto given = credentials->Authenticate(first, kNow).caller;
  EXPECT_FALSE(*credentials->Reload());
  const std::string second = Add();
  Save();
  EXPECT_EQ(Verdict(credentials.get(), second), "unknown");
  EXPECT_TRUE(*credentials->Reload());
  EXPECT_EQ(Verdict(credentials.get(), second), "OK");
  EXPECT_EQ(Verdict(credentials.get(), first), "OK");
  EXPECT_TRUE(credentials->Holds(*given, kNow));

  std::ofstream(files_().keys) << "{ \"keys\": [ {";
  EXPECT_EQ(ReasonOf(credentials->Reload().status()), "ACCESS_FILE_MALFORMED");
  EXPECT_FALSE(*credentials->Reload());  // said once
  EXPECT_EQ(Verdict(credentials.get(), first), "OK");

  // A changed scope ends what was begun under the old one.
  file_.mutable_keys(0)->add_channels("pos");
  Save();
  EXPECT_TRUE(*credentials->Reload());
  EXPECT_EQ(Verdict(credentials.get(), first), "OK");
  EXPECT_FALSE(credentials->Holds(*given, kNow));
}

TEST_F(CredentialsTest, BadFilesAreRefusedByName) {
  Add();
  Save();
  chmod(files_().secrets.c_str(), 0640);
  EXPECT_EQ(ReasonOf(Credentials::Load(files_()).status()), "ACCESS_SECRETS_MODE");
  chmod(files_().secrets.c_str(), 0600);
  chmod(files_().keys.c_str(), 0622);
  EXPECT_EQ(ReasonOf(Credentials::Load(files_()).status()), "ACCESS_FILE_MODE");
  chmod(files_().keys.c_str(), 0600);
  const auto load = [&](auto change) {
    v1::AccessFile file = file_;
    change(file.mutable_keys(0));
    EXPECT_TRUE(SaveAccessFile(files_().keys, file).ok());
    return std::string(Credentials::Load(files_()).status().message());
  };
  EXPECT_EQ(load([](v1::AccessKey*) {}), "");
  const auto expect = [&](const std::string& what, auto change) {
    const std::string message = load(change);
    EXPECT_NE(message.find(what), std::string::npos) << message;
  };
  expect("merchants is empty", [](v1::AccessKey* key) { key->clear_merchants(); });
  expect("role", [](v1::AccessKey* key) { key->set_role(v1::ROLE_SELF); });
  expect("merchants must be empty", [](v1::AccessKey* key) { key->set_role(v1::ROLE_OPERATOR); });
  expect("'sale', which is no kind", [](v1::AccessKey* key) { key->add_kinds("sale"); });
  expect("hash", [](v1::AccessKey* key) { key->set_hash("short"); });
  expect("id", [](v1::AccessKey* key) { key->set_id("A"); });
  std::filesystem::remove(files_().secrets);
  Save();
  EXPECT_EQ(ReasonOf(Credentials::Load(files_()).status()), "ACCESS_SECRETS_MISSING");
  std::filesystem::remove(files_().keys);
  EXPECT_EQ(ReasonOf(Credentials::Load(files_()).status()), "ACCESS_FILE_MISSING");
}

TEST_F(CredentialsTest, ATokenHoldsForItsCustomersAsLongAsItsKeyDoes) {
  const std::string key = Add(v1::ROLE_INTEGRATOR);
  const auto credentials = Load();
  const auto caller = credentials->Authenticate(key, kNow).caller;
  const auto token =
      credentials->CreateToken(*caller, TokenFor(v1::ROLE_GUARDIAN, /*customers=*/3), kNow);
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->expires_at, kNow + absl::Minutes(15));
  const auto answer = credentials->Authenticate(token->text, kNow);
  ASSERT_NE(answer.caller, nullptr);
  EXPECT_EQ(answer.caller->customers.size(), 3u);
  EXPECT_EQ(answer.caller->merchants, std::vector<std::string>{"shop-1"});
  EXPECT_EQ(answer.caller->who, "token of " + file_.keys(0).id());
  EXPECT_EQ(Verdict(credentials.get(), token->text, token->expires_at), "expired");
  for (size_t i = kTokenPrefix.size(); i < token->text.size() - 1; i += 7) {
    std::string wrong = token->text;
    wrong[i] = wrong[i] == 'a' ? 'e' : 'a';
    EXPECT_EQ(Verdict(credentials.get(), wrong), "unknown") << i;
  }
  EXPECT_EQ(Verdict(credentials.get(), token->text), "OK");

  file_.mutable_keys(0)->mutable_revoked_at()->set_seconds(absl::ToUnixSeconds(kNow) - 1);
  Save();
  ASSERT_TRUE(*credentials->Reload());
  EXPECT_EQ(Verdict(credentials.get(), token->text), "expired");
  EXPECT_FALSE(credentials->Holds(*answer.caller, kNow));
}

TEST_F(CredentialsTest, SecretsAreReplacedOneByOne) {
  const std::string old_key = Add(v1::ROLE_INTEGRATOR);
  const auto credentials = Load();
  const auto caller = credentials->Authenticate(old_key, kNow).caller;
  const std::string old_token =
      credentials->CreateToken(*caller, TokenFor(v1::ROLE_SELF), kNow)->text;
  secrets_.insert(secrets_.begin(), Secret::Random());
  ASSERT_TRUE(SaveSecrets(files_().secrets, secrets_).ok());
  const std::string new_key = Add();
  Save();
  ASSERT_TRUE(*credentials->Reload());
  for (const std::string& text : {old_key, old_token, new_key}) {
    EXPECT_EQ(Verdict(credentials.get(), text), "OK");
  }
  secrets_.pop_back();
  ASSERT_TRUE(SaveSecrets(files_().secrets, secrets_).ok());
  ASSERT_TRUE(*credentials->Reload());
  EXPECT_EQ(Verdict(credentials.get(), old_key), "unknown");
  EXPECT_EQ(Verdict(credentials.get(), old_token), "unknown");
  EXPECT_EQ(Verdict(credentials.get(), new_key), "OK");
  EXPECT_FALSE(credentials->Holds(*caller, kNow));
}

TEST_F(CredentialsTest, TokensAreShortAndForNamedCustomers) {
  const auto reason = [&](const v1::CreateTokenRequest& request) {
    return ReasonOf(MakeToken(secrets_.front(), request, "", kNow).status());
  };
  auto request = TokenFor(v1::ROLE_SELF);
  EXPECT_EQ(reason(request), "");
  request.set_ttl_seconds(86'401);
  EXPECT_EQ(reason(request), "TOKEN_TTL");
  EXPECT_EQ(reason(TokenFor(v1::ROLE_SELF, 2)), "TOKEN_CUSTOMERS");
  EXPECT_EQ(reason(TokenFor(v1::ROLE_SELF, 0)), "TOKEN_CUSTOMERS");
  EXPECT_EQ(reason(TokenFor(v1::ROLE_GUARDIAN, 21)), "TOKEN_CUSTOMERS");
  EXPECT_EQ(reason(TokenFor(v1::ROLE_OPERATOR)), "TOKEN_ROLE");
  request = TokenFor(v1::ROLE_GUARDIAN);
  request.add_customers("merchants/shop-2/customers/" + Uuid::Random().ToString());
  EXPECT_EQ(reason(request), "TOKEN_CUSTOMERS");
  request = TokenFor(v1::ROLE_GUARDIAN);
  request.mutable_until()->set_seconds(absl::ToUnixSeconds(kNow) + 60);
  EXPECT_EQ(MakeToken(secrets_.front(), request, "", kNow)->expires_at, kNow + absl::Seconds(60));
  request.mutable_until()->set_seconds(absl::ToUnixSeconds(kNow));
  EXPECT_EQ(reason(request), "TOKEN_UNTIL");
}

}  // namespace
}  // namespace carnet::access
