#include "cli/arguments.h"

#include <cstdio>
#include <cstdlib>

#include <gtest/gtest.h>

namespace carnet::cli {
namespace {

absl::StatusOr<Arguments> Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "carnet");
  return ParseArguments(static_cast<int>(words.size()), words.data());
}

class ArgumentsTest : public testing::Test {
 protected:
  void SetUp() override {
    unsetenv("CARNET_ADDRESS");
    unsetenv("CARNET_MERCHANT");
  }
  void TearDown() override { SetUp(); }
};

TEST_F(ArgumentsTest, Defaults) {
  const auto arguments = Parse({"publish"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_EQ(arguments->common.address, "127.0.0.1:7411");
  EXPECT_EQ(arguments->common.output, Output::kTable);
  EXPECT_EQ(arguments->common.timeout, absl::Seconds(10));
  const auto& publish = std::get<Publish>(arguments->command);
  EXPECT_EQ(publish.files, std::vector<std::string>{"-"});
  EXPECT_FALSE(publish.wait);
}

TEST_F(ArgumentsTest, CommonOptionsStandBeforeOrAfterTheCommand) {
  for (const auto& words :
       {std::vector<const char*>{"--merchant", "shop", "--output", "json", "customer", "show", "X"},
        std::vector<const char*>{"customer", "show", "X", "--merchant", "shop", "--output=json"}}) {
    const auto arguments = Parse(words);
    ASSERT_TRUE(arguments.ok()) << arguments.status();
    EXPECT_EQ(arguments->common.merchant, "shop");
    EXPECT_EQ(arguments->common.output, Output::kJson);
    EXPECT_EQ(std::get<ShowCustomer>(arguments->command).customer, "X");
  }
}

TEST_F(ArgumentsTest, TheEnvironmentStandsInForWhatIsNotGiven) {
  setenv("CARNET_ADDRESS", "[::1]:9", 1);
  setenv("CARNET_MERCHANT", "from-environment", 1);
  const auto arguments = Parse({"status", "--merchant", "given"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_EQ(arguments->common.address, "[::1]:9");
  EXPECT_EQ(arguments->common.merchant, "given");
}

TEST_F(ArgumentsTest, AfterIsAnotherWordForMinPosition) {
  EXPECT_EQ(Parse({"balance", "X", "--after", "a:1:2"})->common.min_position, "a:1:2");
  EXPECT_EQ(Parse({"balance", "X", "--min-position", "a:1:2"})->common.min_position, "a:1:2");
}

TEST_F(ArgumentsTest, EveryCommand) {
  const auto publish = Parse({"publish", "--wait", "--results", "--chunk", "7", "a", "b"});
  EXPECT_EQ(std::get<Publish>(publish->command).files, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(std::get<Publish>(publish->command).wait);
  EXPECT_EQ(std::get<Publish>(publish->command).chunk, 7);
  EXPECT_EQ(std::get<ListCustomers>(Parse({"customer", "list", "--limit", "5"})->command).limit, 5);
  const auto lookup = Parse({"customer", "lookup", "--phone", "+33 1", "--country", "FR"});
  EXPECT_EQ(std::get<LookupCustomers>(lookup->command).phone, "+33 1");
  EXPECT_EQ(std::get<LookupCustomers>(lookup->command).country, "FR");
  const auto balance = Parse({"balance", "X", "--unit", "VND", "--own-record"});
  EXPECT_EQ(std::get<ShowBalance>(balance->command).unit, "VND");
  EXPECT_TRUE(std::get<ShowBalance>(balance->command).own_record_only);
  EXPECT_EQ(std::get<ListVouchers>(Parse({"vouchers"})->command).customer, "");
  EXPECT_EQ(std::get<ListVouchers>(Parse({"vouchers", "X"})->command).customer, "X");
  EXPECT_EQ(std::get<ShowOutcome>(Parse({"outcome", "id"})->command).change_id, "id");
  const auto subscribe = Parse({"subscribe", "--from", "12", "--epoch", "1", "--kinds", "a,b",
                                "--kinds", "c", "--count", "3"});
  EXPECT_EQ(std::get<Subscribe>(subscribe->command).from, 12);
  EXPECT_EQ(std::get<Subscribe>(subscribe->command).kinds,
            (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(std::get<Subscribe>(subscribe->command).count, 3);
  EXPECT_EQ(std::get<ShowStatus>(Parse({"status", "--wait", "0.5"})->command).wait,
            absl::Milliseconds(500));
  EXPECT_TRUE(std::get<ListDeadLetters>(Parse({"dead-letters", "--untrusted"})->command).untrusted);
  EXPECT_TRUE(
      std::get<ShowDeadLetter>(Parse({"dead-letters", "show", "id", "--raw"})->command).raw);
  EXPECT_EQ(std::get<ShowDelivery>(Parse({"delivery", "show", "id"})->command).change_id, "id");
  EXPECT_EQ(std::get<DropDeliveries>(Parse({"delivery", "drop", "--before", "2026-01-02"})->command)
                .before,
            "2026-01-02");
}

TEST_F(ArgumentsTest, WhatMakesNoSenseIsRefusedWithTheWayToHelp) {
  EXPECT_NE(Parse({"customer", "lookup"}).status().message().find("carnet customer lookup --help"),
            absl::string_view::npos);
  for (const auto& words :
       std::vector<std::vector<const char*>>{{},
                                             {"customers"},
                                             {"customer"},
                                             {"customer", "show"},
                                             {"customer", "lookup", "--phone", "1", "--email", "2"},
                                             {"publish", "--chunk", "0"},
                                             {"publish", "--chunk", "10001"},
                                             {"subscribe", "--snapshot", "--from", "3"},
                                             {"--output", "xml", "status"},
                                             {"--timeout", "0", "status"},
                                             {"completion", "tcsh"}}) {
    EXPECT_FALSE(Parse(words).ok()) << words.size();
  }
}

TEST_F(ArgumentsTest, HelpAndVersionAreText) {
  EXPECT_EQ(std::get<PrintText>(Parse({"--version"})->command).text.find("carnet "), 0U);
  EXPECT_NE(std::get<PrintText>(Parse({"publish", "--help"})->command).text.find("--wait"),
            std::string::npos);
}

// What bash offers after `words`, the last of which is being typed.
std::string Offered(const std::string& words) {
  const std::string script = std::get<PrintText>(Parse({"completion", "bash"})->command).text;
  const std::string path = testing::TempDir() + "carnet_completion.bash";
  std::FILE* file = std::fopen(path.c_str(), "w");
  std::fputs(script.c_str(), file);
  std::fclose(file);
  const std::string command = "bash -c 'set -eu; source " + path + "; COMP_WORDS=(" + words +
                              "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _carnet; "
                              "echo \"${COMPREPLY[@]:-}\"'";
  std::FILE* pipe = popen(command.c_str(), "r");
  std::string out;
  char buffer[4096];
  while (std::fgets(buffer, sizeof buffer, pipe)) out += buffer;
  EXPECT_EQ(pclose(pipe), 0) << command;
  return out;
}

TEST_F(ArgumentsTest, BashCompletesCommandsOptionsAndValues) {
  EXPECT_EQ(Offered("carnet cust"), "customer\n");
  EXPECT_EQ(Offered("carnet customer l"), "list lookup link\n");
  EXPECT_EQ(Offered("carnet --merchant shop customer sh"), "show\n");
  EXPECT_EQ(Offered("carnet customer lookup --e"), "--email --external-id\n");
  EXPECT_EQ(Offered("carnet customer lookup --output j"), "json\n");
  EXPECT_EQ(Offered("carnet publish --w"), "--wait\n");
  EXPECT_EQ(Offered("carnet completion f"), "fish\n");
}

TEST_F(ArgumentsTest, EveryShellKnowsEveryCommand) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = std::get<PrintText>(Parse({"completion", shell})->command).text;
    for (const char* word : {"publish", "lookup", "vouchers", "subscribe", "dead-letters"}) {
      EXPECT_NE(script.find(word), std::string::npos) << shell << " " << word;
    }
  }
}

}  // namespace
}  // namespace carnet::cli
