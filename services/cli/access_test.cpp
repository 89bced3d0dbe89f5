// `carnet access`: what it leaves in the files, and what holds afterwards.
#include <stdlib.h>

#include <filesystem>

#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "access/access_file.h"
#include "access/credentials.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/session.h"

namespace carnet::cli {
namespace {

using testing::HasSubstr;

TEST(Age, HasAUnit) {
  absl::Duration age;
  EXPECT_TRUE(ParseAge("90d", &age) && age == absl::Hours(24 * 90));
  EXPECT_TRUE(ParseAge("12h", &age) && age == absl::Hours(12));
  EXPECT_TRUE(ParseAge("15m", &age) && age == absl::Minutes(15));
  EXPECT_TRUE(ParseAge("30s", &age) && age == absl::Seconds(30));
  for (const char* text : {"", "d", "90", "-1d", "1.5h", "90 d", "99999999999d"}) {
    EXPECT_FALSE(ParseAge(text, &age)) << text;
  }
}

class AccessCommandTest : public testing::Test {
 protected:
  AccessCommandTest() {
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    unsetenv("CARNET_API_KEY");
  }
  ~AccessCommandTest() override { std::filesystem::remove_all(folder_); }

  // Standard output of the command, without its last line's end; its errors as "error: …".
  std::string Run(std::vector<std::string> words) {
    words.insert(words.begin(), {"carnet", "access"});
    words.insert(words.end(), {"--file", keys()});
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    const auto arguments = ParseArguments(static_cast<int>(argv.size()), argv.data());
    if (!arguments.ok()) return "usage: " + std::string(arguments.status().message());
    const auto session = Session::Make(arguments->common);
    testing::internal::CaptureStdout();
    const auto code = cli::Run(*session, std::get<ManageAccess>(arguments->command));
    session->Flush();
    std::string output = testing::internal::GetCapturedStdout();
    if (!code.ok()) return "error: " + std::string(code.status().message());
    return std::string(absl::StripSuffix(output, "\n"));
  }
  std::string keys() const { return folder_ + "/access.json"; }
  static std::string IdOf(const std::string& key) { return key.substr(11, 12); }

  bool Holds(const std::string& key, absl::Duration later = absl::ZeroDuration()) {
    auto credentials =
        access::Credentials::Load({.keys = keys(), .secrets = folder_ + "/access.key"});
    EXPECT_TRUE(credentials.ok()) << credentials.status();
    return (*credentials)->Authenticate(key, absl::Now() + later).caller != nullptr;
  }

  std::string folder_ = testing::TempDir() + "/cli-access-XXXXXX";
};

TEST_F(AccessCommandTest, AKeysLife) {
  const std::string key = Run({"create", "--role", "till", "--merchants", "shop-1,shop-2",
                               "--channels", "pos", "--intents", "fact", "--note", "till 3"});
  EXPECT_TRUE(Holds(key)) << key;
  const auto file = access::LoadAccessFile(keys());
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->keys(0).merchants_size(), 2);
  EXPECT_EQ(file->keys(0).intents(0), v1::INTENT_FACT);
  EXPECT_THAT(Run({"list"}), testing::AllOf(HasSubstr(IdOf(key)), HasSubstr("shop-1, shop-2"),
                                            HasSubstr("pos, facts"), HasSubstr("till 3"),
                                            testing::Not(HasSubstr(key.substr(24)))));
  const std::string next = Run({"rotate", IdOf(key), "--grace", "1h"});
  EXPECT_TRUE(Holds(next));
  EXPECT_TRUE(Holds(key));
  EXPECT_FALSE(Holds(key, absl::Hours(1)));
  EXPECT_TRUE(Holds(next, absl::Hours(1)));
  EXPECT_EQ(access::LoadAccessFile(keys())->keys(1).channels(0), "pos");
  EXPECT_EQ(Run({"revoke", IdOf(next)}), "");
  EXPECT_FALSE(Holds(next));
  EXPECT_TRUE(Holds(key));
}

TEST_F(AccessCommandTest, SecretsAreReplaced) {
  const std::string old_key = Run({"create", "--role", "operator"});
  EXPECT_EQ(Run({"rotate-secret"}), "");
  const std::string new_key = Run({"create", "--role", "operator"});
  EXPECT_TRUE(Holds(old_key));
  EXPECT_EQ(Run({"rotate-secret", "--drop-old"}), "");
  EXPECT_FALSE(Holds(old_key));
  EXPECT_TRUE(Holds(new_key));
}

TEST_F(AccessCommandTest, WhatMakesNoSenseIsSaid) {
  EXPECT_THAT(Run({"create"}), HasSubstr("usage: "));
  EXPECT_THAT(Run({"create", "--role", "emperor"}), HasSubstr("usage: "));
  EXPECT_THAT(Run({"create", "--role", "till", "--expires-in", "soon"}), HasSubstr("90d"));
  EXPECT_THAT(Run({"create", "--role", "till"}), HasSubstr("--merchant"));
  EXPECT_THAT(Run({"create", "--role", "operator", "--merchants", "shop-1"}),
              HasSubstr("must be empty"));
  EXPECT_THAT(Run({"create", "--role", "till", "--merchants", "a", "--kinds", "sale"}),
              HasSubstr("no kind of change"));
  EXPECT_FALSE(std::filesystem::exists(keys()));
  Run({"create", "--role", "operator"});
  EXPECT_THAT(Run({"revoke", "aaaaaaaaaaaa"}), HasSubstr("there is no key"));
  // Keys whose secrets are gone are not covered up with new secrets.
  std::filesystem::remove(folder_ + "/access.key");
  EXPECT_THAT(Run({"create", "--role", "operator"}), HasSubstr("access.key"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/access.key"));
}

TEST(KeysOnTheWay, NeverGoInClearToOtherMachines) {
  setenv("CARNET_API_KEY", "carnet_key_x", 1);
  const auto made = [](const std::string& address, bool tls) {
    CommonOptions options;
    options.address = address;
    options.tls = tls;
    return Session::Make(options).ok();
  };
  for (const char* address : {"127.0.0.1:7411", "[::1]:7411", "localhost:7411"}) {
    EXPECT_TRUE(made(address, false)) << address;
  }
  for (const char* address :
       {"10.0.0.1:7411", "127.example.com:7411", "shop.example:7411", "[::2]:1"}) {
    EXPECT_FALSE(made(address, false)) << address;
    EXPECT_TRUE(made(address, true)) << address;
  }
  unsetenv("CARNET_API_KEY");
}

}  // namespace
}  // namespace carnet::cli
