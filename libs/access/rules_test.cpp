#include "access/rules.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace carnet::access {
namespace {

// What becomes of a method with these options, whose request has `string merchant`, `repeated
// string names` and `int64 number`.
std::string Verdict(const std::string& options) {
  google::protobuf::FileDescriptorProto file;
  const std::string text =
      "name: 'a.proto' package: 'a' message_type { name: 'Request' "
      "field { name: 'merchant' number: 1 type: TYPE_STRING label: LABEL_OPTIONAL } "
      "field { name: 'names' number: 2 type: TYPE_STRING label: LABEL_REPEATED } "
      "field { name: 'number' number: 3 type: TYPE_INT64 label: LABEL_OPTIONAL } } "
      "service { name: 'S' method { name: 'M' input_type: '.a.Request' output_type: '.a.Request' "
      "options { " +
      options + " } } }";
  if (!google::protobuf::TextFormat::ParseFromString(text, &file)) return "unreadable";
  google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  const auto* built = pool.BuildFile(file);
  if (built == nullptr) return "unbuildable";
  const auto rule = Rule::Of(*built->service(0)->method(0));
  return rule.ok() ? "OK" : ReasonOf(rule.status());
}

std::string Declared(const std::string& rule) {
  return Verdict("[carnet.v1.access] { " + rule + " }");
}

TEST(Rules, AMethodMustSayWhatItTakes) {
  EXPECT_EQ(Verdict(""), "ACCESS_RULE_MISSING");
  EXPECT_EQ(Declared("permission: PERMISSION_READ_BALANCES merchant: 'merchant'"), "OK");
  EXPECT_EQ(Declared("permission: PERMISSION_READ_BALANCES resource: 'merchant'"), "OK");
  EXPECT_EQ(Declared("permission: PERMISSION_READ_BALANCES customer: 'merchant'"), "OK");
  EXPECT_EQ(Declared("permission: PERMISSION_OPERATE"), "OK");
  EXPECT_EQ(Declared("permission: PERMISSION_PUBLISH each_change: true"), "OK");
  EXPECT_EQ(Declared("permission: PERMISSION_PUBLISH merchant: 'merchant' kind: 'posting'"), "OK");
  for (const char* rule :
       {"", "merchant: 'merchant'", "permission: PERMISSION_READ_BALANCES",
        "permission: PERMISSION_READ_BALANCES merchant: ''",
        "permission: PERMISSION_READ_BALANCES merchant: 'shop'",
        "permission: PERMISSION_READ_BALANCES merchant: 'names'",
        "permission: PERMISSION_READ_BALANCES merchant: 'number'",
        "permission: PERMISSION_READ_BALANCES merchant: 'merchant.name'",
        "permission: PERMISSION_READ_BALANCES each_change: true",
        "permission: PERMISSION_PUBLISH merchant: 'merchant'",
        "permission: PERMISSION_PUBLISH merchant: 'merchant' kind: 'sale'",
        "permission: PERMISSION_PUBLISH each_change: true kind: 'posting'",
        "permission: PERMISSION_READ_BALANCES merchant: 'merchant' kind: 'posting'"}) {
    EXPECT_EQ(Declared(rule), "ACCESS_RULE_MALFORMED") << rule;
  }
}

}  // namespace
}  // namespace carnet::access
