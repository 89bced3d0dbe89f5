// Payloads and what they come to mean: every case of <channel>/fixtures/cases.json.
//
// A case is a payload (a file as it was sent, with members set anew by "set"; or "body"; or
// "text"), after the cases that it names. "expect" gives what must come out: contact fields that
// are listed must be so, the ledger exactly, "entries" the kinds alone, "absent" fields that must
// not be there.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "channels/adapter.h"
#include "channels/trial.h"

namespace carnet::channels {
namespace {

using nlohmann::json;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string Folder(std::string_view channel) {
  return std::string(CARNET_CHANNELS_FOLDER) + "/" + std::string(channel) + "/fixtures/";
}

std::string BodyOf(const json& test, std::string_view channel) {
  if (test.contains("text")) return test["text"];
  if (test.contains("body")) return test["body"].dump();
  const std::string raw = ReadFile(Folder(channel) + test["file"].get<std::string>());
  if (!test.contains("set")) return raw;
  json body = json::parse(raw);
  body.merge_patch(test["set"]);
  return body.dump();
}

json TryOne(const json& test, std::string_view channel, int64_t received_at, Trial* trial) {
  Delivery delivery;
  delivery.topic = test.value("topic", "");
  const json headers = test.value("headers", json::object());
  for (const auto& [name, value] : headers.items()) delivery.headers.emplace_back(name, value);
  const std::string body = BodyOf(test, channel);
  delivery.body = body;
  delivery.received_at_micros = received_at;
  return json::parse(trial->Try(delivery));
}

// What is listed must be there; the rest may be.
void ExpectFields(const json& expected, const json& actual, const std::string& where) {
  for (const auto& [name, value] : expected.items()) {
    EXPECT_TRUE(actual.contains(name)) << where << " lacks " << name << ": " << actual;
    if (actual.contains(name)) {
      EXPECT_EQ(actual[name], value) << where << " " << name;
    }
  }
}

void ExpectContacts(const json& expected, const json& actual) {
  ASSERT_EQ(actual.size(), expected.size()) << actual;
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(actual[i]["op"], expected[i]["op"]);
    EXPECT_EQ(actual[i]["external_id"], expected[i]["external_id"]);
    if (expected[i].contains("into")) {
      EXPECT_EQ(actual[i]["into"], expected[i]["into"]);
    }
    ExpectFields(expected[i].value("fields", json::object()),
                 actual[i].value("fields", json::object()), actual[i]["external_id"]);
  }
}

void ExpectMeaning(const json& expect, const json& actual) {
  const bool says_something =
      !actual["contact"].empty() || !actual["ledger"].empty() || actual.contains("fetch");
  // What can't be used may be all there is.
  if (!expect.contains("dead_letter") || says_something) {
    EXPECT_EQ(actual["ignored"], expect.value("ignored", false)) << actual;
  } else {
    EXPECT_EQ(actual["ignored"], true) << actual;
  }
  EXPECT_EQ(actual["http"], expect.value("http", json(200)));
  if (expect.contains("contact")) ExpectContacts(expect["contact"], actual["contact"]);
  if (expect.contains("ledger")) {
    EXPECT_EQ(actual["ledger"], expect["ledger"]);
  }
  if (expect.contains("balance_effect")) {
    EXPECT_EQ(actual["balance_effect"], expect["balance_effect"]) << actual;
  }
  if (expect.contains("entries")) {
    json kinds = json::array();
    for (const json& entry : actual["ledger"]) kinds.push_back(entry["entry"]);
    EXPECT_EQ(kinds, expect["entries"]);
  }
  if (expect.contains("dead_letter")) {
    ASSERT_TRUE(actual.contains("dead_letters")) << actual;
    EXPECT_EQ(actual["dead_letters"][0]["reason"], expect["dead_letter"]);
  } else {
    EXPECT_FALSE(actual.contains("dead_letters")) << actual;
  }
  if (expect.contains("fetch")) {
    json ids = json::array();
    for (const json& fetch : actual["fetch"]) ids.push_back(fetch["id"]);
    EXPECT_EQ(ids, expect["fetch"]);
  }
  if (expect.contains("answer")) {
    EXPECT_EQ(actual["answer"], expect["answer"]);
  }
  const json absent = expect.value("absent", json::array());
  for (const json& name : absent) {
    for (const json& contact : actual["contact"])
      EXPECT_FALSE(contact.value("fields", json::object()).contains(name.get<std::string>()))
          << contact;
  }
  // Refs tell entries apart.
  std::map<std::string, int> refs;
  for (const json& entry : actual["ledger"]) EXPECT_EQ(refs[entry["ref"]]++, 0) << actual;
}

class Fixtures : public testing::TestWithParam<std::string> {};

TEST_P(Fixtures, MeanWhatIsWritten) {
  const std::string& channel = GetParam();
  const Adapter* const adapter = FindAdapter(channel);
  ASSERT_NE(adapter, nullptr);
  const json cases = json::parse(ReadFile(Folder(channel) + "cases.json"));
  std::map<std::string, json> by_name;
  for (const json& test : cases) by_name[test["case"]] = test;
  for (const json& test : cases) {
    SCOPED_TRACE(channel + ": " + test["case"].get<std::string>());
    Trial trial(adapter);
    int64_t received_at = int64_t{1'800'000'000} * 1'000'000;
    const json after = test.value("after", json::array());
    for (const json& name : after) {
      ASSERT_TRUE(by_name.count(name)) << name;
      TryOne(by_name[name], channel, ++received_at, &trial);
    }
    ExpectMeaning(test["expect"], TryOne(test, channel, ++received_at, &trial));
  }
}

// Only their own time tells deletions from what was said before them.
bool HasNoTime(const json& test) {
  const std::string topic = test.value("topic", "");
  return topic == "order.deleted" || topic == "order.restored" || topic == "orders/delete";
}

// Sums by currency after all of them, each delivered as often as `times` says.
std::map<std::string, int64_t> SumsAfter(const std::vector<json>& all, std::string_view channel,
                                         int times) {
  Trial trial(FindAdapter(channel));
  std::map<std::string, int64_t> sums;
  int64_t received_at = int64_t{1'800'000'000} * 1'000'000;
  for (const json& test : all) {
    for (int i = 0; i < times; ++i) {
      const json meaning = TryOne(test, channel, ++received_at, &trial);
      for (const auto& [currency, sum] : meaning["balance_effect"].items())
        sums[currency] += sum.get<int64_t>();
    }
  }
  std::erase_if(sums, [](const auto& sum) { return sum.second == 0; });
  return sums;
}

TEST_P(Fixtures, ComeToTheSameInAnyOrderAndTwice) {
  const std::string& channel = GetParam();
  const json cases = json::parse(ReadFile(Folder(channel) + "cases.json"));
  std::map<std::string, json> by_name;
  for (const json& test : cases) by_name[test["case"]] = test;
  for (const json& test : cases) {
    SCOPED_TRACE(channel + ": " + test["case"].get<std::string>());
    std::vector<json> all;
    for (const json& name : test.value("after", json::array())) all.push_back(by_name[name]);
    all.push_back(test);
    if (all.size() == 1 || std::any_of(all.begin(), all.end(), HasNoTime)) continue;
    const auto expected = SumsAfter(all, channel, 1);
    std::vector<size_t> order(all.size());
    std::iota(order.begin(), order.end(), size_t{0});
    do {
      std::vector<json> permuted;
      for (const size_t i : order) permuted.push_back(all[i]);
      ASSERT_EQ(SumsAfter(permuted, channel, 2), expected) << "in the order " << json(order).dump();
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

INSTANTIATE_TEST_SUITE_P(All, Fixtures,
                         testing::Values("woocommerce", "shopify", "meta", "kiotviet", "square"),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace carnet::channels
