#include "runtime/guard.h"

#include <stdlib.h>

#include <filesystem>

#include "absl/time/clock.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_file.h"
#include "base/error.h"
#include "runtime/tls.h"

namespace carnet::runtime {
namespace {

using testing::HasSubstr;
using testing::Not;

class GuardTest : public testing::Test {
 protected:
  GuardTest() {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    const access::Secrets secrets = {access::Secret::Random()};
    v1::AccessFile file;
    v1::AccessKey* key = file.add_keys();
    key->set_role(v1::ROLE_TILL);
    key->add_merchants("shop-1");
    key_ = access::MakeKey(secrets.front(), absl::Now(), key);
    EXPECT_TRUE(access::SaveSecrets(folder_ + "/access.key", secrets).ok());
    EXPECT_TRUE(access::SaveAccessFile(folder_ + "/access.json", file).ok());
    credentials_ = *access::Credentials::Load(
        {.keys = folder_ + "/access.json", .secrets = folder_ + "/access.key"});
  }
  ~GuardTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_ = testing::TempDir() + "/guard-XXXXXX";
  std::string key_;
  std::unique_ptr<access::Credentials> credentials_;
  Metrics metrics_;
};

std::string Nowhere() { return "here"; }

TEST_F(GuardTest, EveryRefusalIsCountedAndNoneIsAnsweredInOtherWords) {
  Guard guard(credentials_.get(), &metrics_);
  EXPECT_EQ(ReasonOf(guard.Authenticate("", "m", Nowhere).status()), "CREDENTIALS_MISSING");
  const absl::Status junk = guard.Authenticate("junk", "m", Nowhere).status();
  std::string wrong = key_;
  wrong[40] = wrong[40] == 'a' ? 'b' : 'a';
  const absl::Status unknown = guard.Authenticate(wrong, "m", Nowhere).status();
  EXPECT_EQ(ReasonOf(junk), "CREDENTIALS_REFUSED");
  EXPECT_EQ(junk, unknown);
  const auto caller = guard.Authenticate(key_, "m", Nowhere);
  ASSERT_TRUE(caller.ok());
  access::Facts facts{
      .permission = v1::PERMISSION_READ_BALANCES, .merchant = "shop-1", .has_merchant = true};
  EXPECT_TRUE(guard.Authorize(**caller, facts, "m", Nowhere).ok());
  facts.merchant = "shop-2";
  for (int i = 0; i < 25; ++i) {  // more than are logged in a second
    EXPECT_EQ(ReasonOf(guard.Authorize(**caller, facts, "m", Nowhere)), "ACCESS_DENIED");
  }
  const std::string text = metrics_.Text();
  for (const char* line :
       {"{method=\"m\",why=\"missing\"} 1", "{method=\"m\",why=\"malformed\"} 1",
        "{method=\"m\",why=\"unknown\"} 1", "{method=\"m\",why=\"merchant\"} 25"}) {
    EXPECT_THAT(text, HasSubstr(std::string("carnet_access_refused_total") + line));
  }
  EXPECT_THAT(text, Not(HasSubstr(key_)));
}

TEST(OpenGuard, LetsEverybodyDoEverything) {
  Guard guard;
  const auto caller = guard.Authenticate("", "m", Nowhere);
  ASSERT_TRUE(caller.ok());
  EXPECT_TRUE(guard.Authorize(**caller, {.permission = v1::PERMISSION_OPERATE}, "m", Nowhere).ok());
}

TEST(Tls, FilesThatAreNoneAreNamed) {
  EXPECT_TRUE(CheckTlsFiles({}).ok());
  const absl::Status status = CheckTlsFiles({.certificate = "/nowhere/c.pem", .key = "k.pem"});
  EXPECT_EQ(ReasonOf(status), "TLS_FILES");
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nowhere/c.pem"));
}

}  // namespace
}  // namespace carnet::runtime
