#include "runtime/config.h"

#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace carnet::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ConfigTest : public testing::Test {
 protected:
  ~ConfigTest() override { std::remove(path_.c_str()); }

  // Loads with a file of this content ("" for no file), these variables and these flags.
  absl::StatusOr<LoadedConfig> Load(const std::string& toml,
                                    const std::map<std::string, std::string>& environment = {},
                                    const std::vector<std::string>& flags = {}) {
    std::vector<std::string> words = {"carnetd"};
    if (!toml.empty()) {
      std::ofstream(path_) << toml;
      words.insert(words.end(), {"--config", path_});
    }
    words.insert(words.end(), flags.begin(), flags.end());
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    return LoadConfig(
        static_cast<int>(argv.size()), argv.data(),
        [&](const char* name) -> const char* {
          const auto found = environment.find(name);
          return found == environment.end() ? nullptr : found->second.c_str();
        },
        "carnetd 1.2.3");
  }

  // The reason and the sentence.
  std::string ErrorOf(const std::string& toml,
                      const std::map<std::string, std::string>& environment = {},
                      const std::vector<std::string>& flags = {}) {
    const auto loaded = Load(toml, environment, flags);
    return loaded.ok() ? "OK"
                       : ReasonOf(loaded.status()) + " " + std::string(loaded.status().message());
  }

  const std::string path_ =
      testing::TempDir() + "config_test." + std::to_string(getpid()) + ".toml";
};

TEST_F(ConfigTest, DefaultsListenOnLoopback) {
  const auto loaded = Load("");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->config.listen_addresses, ElementsAre("127.0.0.1:7411"));
  EXPECT_EQ(loaded->config.metrics_address, "127.0.0.1:7412");
  EXPECT_EQ(loaded->print_and_exit, "");
}

TEST_F(ConfigTest, FlagsWinOverEnvironmentWinsOverFile) {
  const std::string toml =
      "data = 'from-file'\nroles = ['gateway']\n[log]\npartitions = 3\n[gateway]\nlag_limit = 7\n";
  const auto loaded =
      Load(toml, {{"CARNET_LOG_PARTITIONS", "4"}, {"CARNET_GATEWAY_LAG_LIMIT", "8"}},
           {"--gateway-lag-limit", "9"});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->config.data_folder, "from-file");
  EXPECT_THAT(loaded->config.roles, ElementsAre("gateway"));
  EXPECT_EQ(loaded->config.log_partitions, 4);
  EXPECT_EQ(loaded->config.gateway_lag_limit, 9);
}

TEST_F(ConfigTest, ListsAreSeparatedByCommas) {
  const auto loaded =
      Load("", {}, {"--roles", "gateway, projector", "--listen-addresses", "127.0.0.1:0,[::1]:0"});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->config.roles, ElementsAre("gateway", "projector"));
  EXPECT_THAT(loaded->config.listen_addresses, ElementsAre("127.0.0.1:0", "[::1]:0"));
}

TEST_F(ConfigTest, MerchantsHaveTables) {
  const auto loaded = Load(
      "[merchant]\ncountry = 'FR'\n[merchants.kiosk-1]\ncountry = 'VN'\nutc_offset_minutes = "
      "420\n");
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->config.merchant_defaults.country, "FR");
  EXPECT_EQ(loaded->config.merchants.at("kiosk-1"), (MerchantConfig{"VN", 420}));
}

TEST_F(ConfigTest, WhatIsPrintedLoadsToTheSame) {
  const auto loaded =
      Load("data = 'a \"b\" \\\\c'\nroles = ['projector']\n[merchants.\"a.b\"]\ncountry = 'VN'\n",
           {}, {"--print-config", "--log-partitions", "5"});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_THAT(loaded->print_and_exit, HasSubstr("partitions = 5\n"));
  const auto again = Load(loaded->print_and_exit);
  ASSERT_TRUE(again.ok()) << again.status() << loaded->print_and_exit;
  EXPECT_EQ(PrintConfig(again->config), loaded->print_and_exit);
}

TEST_F(ConfigTest, HelpAndVersion) {
  EXPECT_EQ(Load("", {}, {"--version"})->print_and_exit, "carnetd 1.2.3\n");
  EXPECT_THAT(Load("", {}, {"--help"})->print_and_exit, HasSubstr("--log-partitions"));
}

TEST_F(ConfigTest, ErrorsNameTheirPlace) {
  EXPECT_THAT(ErrorOf("data = 'x'\n[log]\npartitons = 3\n"),
              testing::AllOf(HasSubstr("CONFIG_UNKNOWN_KEY"), HasSubstr("line 3"),
                             HasSubstr("'log.partitons'")));
  EXPECT_THAT(ErrorOf("[lgo]\npartitions = 3\n"),
              testing::AllOf(HasSubstr("CONFIG_UNKNOWN_KEY"), HasSubstr("'lgo'")));
  EXPECT_THAT(ErrorOf("[merchants.a]\ncolour = 'red'\n"),
              testing::AllOf(HasSubstr("CONFIG_UNKNOWN_KEY"), HasSubstr("line 2"),
                             HasSubstr("merchants.a.colour")));
  EXPECT_THAT(ErrorOf("data = \n"),
              testing::AllOf(HasSubstr("CONFIG_MALFORMED"), HasSubstr("line 1")));
  EXPECT_THAT(ErrorOf("[log]\npartitions = 17\n"),
              testing::AllOf(HasSubstr("CONFIG_BAD_VALUE"), HasSubstr("line 2")));
  EXPECT_THAT(ErrorOf("[log]\npartitions = '3'\n"), HasSubstr("whole number"));
  EXPECT_THAT(ErrorOf("", {{"CARNET_LOG_PARTITIONS", "many"}}),
              HasSubstr("CARNET_LOG_PARTITIONS: 'many'"));
  EXPECT_THAT(ErrorOf("", {}, {"--log-partitions", "0"}),
              HasSubstr("--log-partitions: 0 is not between 1 and 16"));
  EXPECT_THAT(ErrorOf("", {}, {"--no-such-flag"}), HasSubstr("--no-such-flag"));
  EXPECT_THAT(ErrorOf("", {}, {"--config", "/nowhere/at/all"}),
              HasSubstr("CONFIG_UNREADABLE /nowhere/at/all"));
  EXPECT_THAT(ErrorOf("", {}, {"--roles", "relay"}), HasSubstr("relay is not in this version"));
  EXPECT_THAT(ErrorOf("", {}, {"--log-kind", "tape"}), HasSubstr("none of embedded, kafka"));
  EXPECT_THAT(ErrorOf("", {}, {"--log-kind", "kafka", "--log-kafka-properties", "a=b,sasl"}),
              HasSubstr("'sasl' is not of the form name=value"));
  EXPECT_THAT(ErrorOf("", {}, {"--log-kafka-development", "yes"}),
              HasSubstr("'yes' is neither true nor false"));
  for (const char* range : {"a", "-1", "3-2", "1-", "0-1024"}) {
    EXPECT_THAT(ErrorOf("", {}, {"--projector-partitions", range}), HasSubstr("no number or range"))
        << range;
  }
  EXPECT_THAT(ErrorOf("", {}, {"--gateway-projectors", "127.0.0.1:1"}),
              HasSubstr("for a process with the role gateway alone"));
  EXPECT_THAT(ErrorOf("", {}, {"--gateway-projectors", "10.0.0.1:1", "--roles", "gateway"}),
              HasSubstr("CONFIG_NOT_LOOPBACK"));
  EXPECT_THAT(ErrorOf("", {}, {"--merchant-country", "France"}), HasSubstr("CONFIG_BAD_VALUE"));
}

TEST_F(ConfigTest, OnlyLoopbackIsServed) {
  for (const char* address : {"0.0.0.0:7411", "[::]:7411", "192.168.1.2:7411", "localhost:7411",
                              "128.0.0.1:1", ":7411"}) {
    EXPECT_THAT(
        ErrorOf("", {}, {"--listen-addresses", address}),
        testing::AllOf(HasSubstr("CONFIG_NOT_LOOPBACK"), HasSubstr("bind to 127.0.0.1 or ::1")))
        << address;
    EXPECT_THAT(ErrorOf("", {}, {"--listen-metrics", address}), HasSubstr("CONFIG_NOT_LOOPBACK"))
        << address;
    EXPECT_THAT(ErrorOf("", {}, {"--http-addresses", address}), HasSubstr("CONFIG_NOT_LOOPBACK"))
        << address;
    // Credentials alone, or TLS alone, are not enough.
    EXPECT_THAT(ErrorOf("", {},
                        {"--http-addresses", address, "--tls-certificate-file", "c",
                         "--tls-key-file", "k"}),
                HasSubstr("CONFIG_NOT_LOOPBACK"))
        << address;
  }
  for (const char* address : {"127.0.0.1", "127.0.0.1:99999", "::1"}) {
    EXPECT_NE(ErrorOf("", {}, {"--listen-addresses", address}), "OK") << address;
  }
  for (const char* address : {"127.0.0.1:1", "127.8.9.10:1", "[::1]:1"}) {
    EXPECT_EQ(ErrorOf("", {}, {"--listen-addresses", address}), "OK") << address;
  }
}

TEST_F(ConfigTest, OtherAddressesNeedCredentialsAndTls) {
  const std::string access = "[access]\nfile = 'access.json'\n";
  const std::string tls = "[tls]\ncertificate_file = 'c.pem'\nkey_file = 'k.pem'\n";
  for (const char* address : {"0.0.0.0:7411", "[::]:7411", "192.168.1.2:7411"}) {
    const std::vector<std::string> flags = {"--listen-addresses", address, "--listen-metrics",
                                            address};
    EXPECT_THAT(ErrorOf(access, {}, flags), HasSubstr("CONFIG_NOT_LOOPBACK")) << address;
    EXPECT_THAT(ErrorOf(tls, {}, flags), HasSubstr("CONFIG_NOT_LOOPBACK")) << address;
    EXPECT_EQ(ErrorOf(access + tls, {}, flags), "OK") << address;
  }
  EXPECT_THAT(ErrorOf(access + tls, {}, {"--listen-addresses", "localhost:7411"}),
              HasSubstr("no IP address"));
  EXPECT_THAT(ErrorOf("[tls]\nkey_file = 'k.pem'\n"), HasSubstr("needs both"));
  EXPECT_THAT(ErrorOf("[tls]\nclient_ca_file = 'ca.pem'\n"), HasSubstr("tls.client_ca_file"));
  EXPECT_THAT(ErrorOf("[access]\nkey_file = 'k'\n"), HasSubstr("needs access.file"));
}

TEST_F(ConfigTest, PartitionsAreNumbersAndRanges) {
  EXPECT_THAT(PartitionNumbers({}), testing::IsEmpty());
  EXPECT_THAT(PartitionNumbers({"7", "2-4", "3"}), ElementsAre(2, 3, 4, 7));
}

}  // namespace
}  // namespace carnet::runtime
