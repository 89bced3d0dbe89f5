#include "channels/meta/graph.h"

#include <gtest/gtest.h>

namespace carnet::channels::meta {
namespace {

using Kind = GraphAnswer::Kind;

TEST(Graph, AsksWithTheTokenAndNothingOfItCanBreakOut) {
  EXPECT_EQ(LeadUrl("https://graph.example/v1", "901", "EAA|x&y=/z"),
            "https://graph.example/v1/901?access_token=EAA%7Cx%26y%3D%2Fz");
  EXPECT_EQ(LeadUrl("https://graph.example", "../me?x", "t"),
            "https://graph.example/..%2Fme%3Fx?access_token=t");
}

TEST(Graph, TellsTokensFromLimitsFromTheRest) {
  struct Case {
    int status;
    const char* body;
    Kind kind;
  };
  const Case cases[] = {
      {200, R"({"id":"901","field_data":[]})", Kind::kLead},
      {200, R"({"id":901})", Kind::kLead},
      {200, R"({"id":"902"})", Kind::kFailed},
      {200, "<html>sign in to the network</html>", Kind::kFailed},
      {200, "", Kind::kFailed},
      {200, R"({"id":"901","error":{}})", Kind::kFailed},
      {400, R"({"error":{"message":"x","type":"OAuthException","code":190,"error_subcode":463}})",
       Kind::kToken},
      {400, R"({"error":{"code":200}})", Kind::kToken},
      {403, R"({"error":{"code":10}})", Kind::kToken},
      {401, "", Kind::kToken},
      {400, R"({"error":{"code":4}})", Kind::kTooMany},
      {400, R"({"error":{"code":613}})", Kind::kTooMany},
      {429, "", Kind::kTooMany},
      {400, R"({"error":{"code":100,"error_subcode":33}})", Kind::kFailed},
      {500, R"({"error":{"code":1}})", Kind::kFailed},
      {503, "", Kind::kFailed},
      {302, "", Kind::kFailed},
  };
  for (const Case& one : cases)
    EXPECT_EQ(JudgeLead(one.status, one.body, "901").kind, one.kind) << one.status << one.body;
}

TEST(Graph, DoesNotRepeatWhatMetaSays) {
  const GraphAnswer answer = JudgeLead(
      400, R"({"error":{"message":"Malformed access token EAAsecret","code":190}})", "901");
  EXPECT_EQ(answer.why, "HTTP 400, error 190");
}

}  // namespace
}  // namespace carnet::channels::meta
