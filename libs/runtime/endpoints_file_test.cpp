#include "runtime/endpoints_file.h"

#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace carnet::runtime {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

class EndpointsFileTest : public testing::Test {
 protected:
  ~EndpointsFileTest() override { std::remove(path_.c_str()); }

  absl::StatusOr<std::vector<EndpointConfig>> Load(const std::string& toml, mode_t mode = 0600) {
    std::ofstream(path_) << toml;
    chmod(path_.c_str(), mode);
    return LoadEndpoints(path_);
  }
  // The reason and the sentence.
  std::string ErrorOf(const std::string& toml, mode_t mode = 0600) {
    const auto loaded = Load(toml, mode);
    return loaded.ok() ? "OK"
                       : ReasonOf(loaded.status()) + " " + std::string(loaded.status().message());
  }

  const std::string path_ =
      testing::TempDir() + "endpoints_file_test." + std::to_string(getpid()) + ".toml";
};

constexpr char kGood[] =
    "[[endpoint]]\nmerchant = 'shop'\nchannel = 'meta'\nsource = 'page'\n"
    "secrets = ['old', 'new']\n";

TEST_F(EndpointsFileTest, EachFieldIsRead) {
  const auto loaded =
      Load(std::string(kGood) +
           "verify_token = 'v'\npublic_url = 'https://shop.example/x'\ncountry = 'VN'\n"
           "utc_offset_minutes = 420\ngraph_url = 'https://graph.example'\n"
           "page_tokens = { 5550001 = 't1', 5550002 = 't2' }\nmethods = { momo = 'wallet' }\n"
           "pay_later = { momo = true }\n"
           "[[endpoint]]\nmerchant = 'b'\nchannel = 'kiotviet'\nsource = 'k'\nunsigned = true\n");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_EQ(loaded->size(), 2U);
  const EndpointConfig& first = loaded->front();
  EXPECT_EQ(first.merchant + first.channel + first.source, "shopmetapage");
  EXPECT_THAT(first.secrets, ElementsAre("old", "new"));
  EXPECT_EQ(first.verify_token, "v");
  EXPECT_EQ(first.public_url, "https://shop.example/x");
  EXPECT_EQ(first.country, "VN");
  EXPECT_EQ(first.utc_offset_minutes, 420);
  EXPECT_EQ(first.graph_url, "https://graph.example");
  EXPECT_THAT(first.page_tokens, ElementsAre(Pair("5550001", "t1"), Pair("5550002", "t2")));
  EXPECT_THAT(first.methods, ElementsAre(Pair("momo", "wallet")));
  EXPECT_THAT(first.pay_later, ElementsAre(Pair("momo", true)));
  EXPECT_TRUE(loaded->back().is_unsigned);
}

TEST_F(EndpointsFileTest, WhatIsWrongIsNamedWithItsLineAndNoSecretIsRepeated) {
  struct Case {
    const char* line;
    const char* reason;
    const char* says;
  };
  const Case cases[] = {
      {"secret = 'hush-1'\n", "CONFIG_UNKNOWN_KEY", "line 6: secret: is no key of an endpoint"},
      {"verify_token = 5\n", "CONFIG_BAD_VALUE", "line 6: verify_token: has a value of another"},
      {"utc_offset_minutes = 'x'\n", "CONFIG_BAD_VALUE", "line 6: utc_offset_minutes:"},
      {"unsigned = 'yes'\n", "CONFIG_BAD_VALUE", "line 6: unsigned:"},
      {"methods = ['cash']\n", "CONFIG_BAD_VALUE", "line 6: methods:"},
      {"pay_later = { momo = 'yes' }\n", "CONFIG_BAD_VALUE", "line 6: pay_later:"},
      {"page_tokens = { 5550001 = '' }\n", "CONFIG_BAD_VALUE", "line 6: page_tokens:"},
      {"page_tokens = 'hush-2'\n", "CONFIG_BAD_VALUE", "line 6: page_tokens:"},
      {"unsigned = true\n", "CONFIG_BAD_VALUE", "line 1: endpoint: needs secrets, or unsigned"},
      {"country = \n", "CONFIG_MALFORMED", "line 6"},
      {"[other]\n", "CONFIG_UNKNOWN_KEY", "line 6: other: is unknown: write [[endpoint]]"},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(
        ErrorOf(std::string(kGood) + one.line),
        AllOf(HasSubstr(one.reason), HasSubstr(path_), HasSubstr(one.says), Not(HasSubstr("hush"))))
        << one.line;
  }
  EXPECT_THAT(ErrorOf("[[endpoint]]\nmerchant = 'shop'\nsecrets = ['s']\n"),
              HasSubstr("line 1: endpoint: needs merchant, channel and source"));
  EXPECT_THAT(ErrorOf("[[endpoint]]\nmerchant = 'shop'\nchannel = 'meta'\nsource = 'p'\n"
                      "secrets = ['']\n"),
              HasSubstr("line 5: secrets:"));
  EXPECT_THAT(ErrorOf("endpoint = 5\n"), HasSubstr("CONFIG_UNKNOWN_KEY"));
}

TEST_F(EndpointsFileTest, SecretsAreTheirOwnersAlone) {
  EXPECT_EQ(ErrorOf(kGood, 0600), "OK");
  EXPECT_EQ(ErrorOf(kGood, 0400), "OK");
  for (const mode_t mode : {0640, 0604, 0660, 0610})
    EXPECT_THAT(ErrorOf(kGood, mode), AllOf(HasSubstr("CONFIG_MODE"), HasSubstr("chmod 600")));
  std::remove(path_.c_str());
  EXPECT_EQ(ReasonOf(LoadEndpoints(path_).status()), "CONFIG_UNREADABLE");
}

}  // namespace
}  // namespace carnet::runtime
