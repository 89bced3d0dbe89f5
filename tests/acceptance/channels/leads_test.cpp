// Meta tells of leads by their ids; the server asks a Graph for them: a real one here, of this
// test's own, that answers as it is told to.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnet/v1/admin_service.grpc.pb.h"
#include "runtime/http_server.h"
#include "runtime/metrics.h"
#include "runtime/test_http.h"
#include "tests/acceptance/channels/channels_fixture.h"

namespace carnet::acceptance {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Answers GET /v1/{lead}?access_token=….
class Graph {
 public:
  Graph() {
    auto server = runtime::HttpServer::Start(
        {"127.0.0.1:0"}, runtime::HttpLimits(),
        [this](runtime::HttpRequest request, runtime::HttpRespond respond) {
          const std::lock_guard lock(mutex_);
          const std::string lead = request.path.substr(request.path.rfind('/') + 1);
          const int count = ++asked_[lead];
          const std::string token = request.query.substr(request.query.find('=') + 1);
          const auto& script = answers_[lead];
          if (script.silent) return held_.push_back(std::move(respond));
          if (token != script.token) {
            return respond({.status = 400,
                            .body = R"({"error":{"message":"Malformed access token )" + token +
                                    R"(","type":"OAuthException","code":190}})"});
          }
          if (count <= script.failures) return respond({.status = 503});
          respond({.status = 200, .body = script.body});
        },
        &metrics_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  ~Graph() {
    for (const auto& respond : held_) respond({.status = 503});
    held_.clear();  // they hold connections of the server
    server_->Shutdown();
  }

  struct Script {
    std::string token;
    std::string body;
    int failures = 0;     // so many times first
    bool silent = false;  // is asked and says nothing
  };
  void Set(const std::string& lead, const Script& script) {
    const std::lock_guard lock(mutex_);
    answers_[lead] = script;
  }
  int asked(const std::string& lead) {
    const std::lock_guard lock(mutex_);
    return asked_[lead];
  }
  std::string url() const { return "http://" + server_->addresses().front() + "/v1"; }

 private:
  runtime::Metrics metrics_;
  std::mutex mutex_;
  std::map<std::string, int> asked_;
  std::map<std::string, Script> answers_;
  std::vector<runtime::HttpRespond> held_;
  std::unique_ptr<runtime::HttpServer> server_;
};

std::string LeadOf(const std::string& id, const std::string& name) {
  return R"({"created_time":"2026-09-01T20:00:00+0000","id":")" + id +
         R"(","field_data":[{"name":"full_name","values":[")" + name +
         R"("]},{"name":"email","values":["lead)" + id + R"(@example.vn"]}]})";
}

std::string Notice(const std::string& page, const std::string& lead) {
  return R"({"object":"page","entry":[{"id":")" + page +
         R"(","time":1788300001,"changes":[{"field":"leadgen","value":{"created_time":1788300000,)" +
         R"("leadgen_id":")" + lead + R"(","page_id":")" + page + R"("}}]}]})";
}

class LeadsTest : public ChannelsTest {
 protected:
  std::string Endpoint(const std::string& source, const std::string& tokens) const {
    return "[[endpoint]]\nmerchant = 'shop'\nchannel = 'meta'\nsource = '" + source +
           "'\nsecrets = ['app-secret']\nverify_token = 'v'\ncountry = 'VN'\ngraph_url = '" +
           graph_.url() + "'\npage_tokens = { " + tokens + " }\n";
  }
  // As Meta delivers it.
  int Tell(const std::string& body, const std::string& source = "page") const {
    return runtime::StatusOf(Deliver("/v1/shop/meta/" + source, "app-secret", body));
  }
  static size_t Count(const std::string& text, const std::string& part) {
    size_t count = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
      ++count;
    return count;
  }

  Graph graph_;
};

// One body tells of three leads of two pages with tokens of their own; one page is another
// endpoint's, one lead comes at the second try only.
TEST_F(LeadsTest, WhatANoticeTellsOfIsFetchedAndBecomesACustomer) {
  graph_.Set("901", {.token = "t1", .body = ReadFixture("meta/fixtures/lead.json")});
  graph_.Set("902", {.token = "t1", .body = LeadOf("902", "Lan"), .failures = 2});
  graph_.Set("903", {.token = "t2", .body = LeadOf("903", "Mai")});
  WriteEndpoints(Endpoint("page", "5550001 = 't1'") + Endpoint("other", "5550002 = 't2'"));
  Start();
  EXPECT_EQ(Tell(ReadFixture("meta/fixtures/leadgen-two-pages.json")), 200);
  const v1::Customer bao = Await("meta", "page", "lead:901");
  EXPECT_EQ(bao.display_name(), "Trần Văn Bảo");
  ASSERT_EQ(bao.records_size(), 1);
  v1::GetCustomerRequest request;
  request.set_name(bao.name());
  v1::GetCustomerResponse card;
  ASSERT_TRUE(Call(customers_.get(), &v1::CustomerService::Stub::GetCustomer, request, &card).ok());
  const std::string text = card.customer().contact().DebugString();
  EXPECT_THAT(text, HasSubstr("+84912345678"));
  EXPECT_THAT(text, HasSubstr("bao.tran@example.vn"));
  EXPECT_EQ(Await("meta", "page", "lead:902").display_name(), "Lan");
  EXPECT_EQ(graph_.asked("902"), 3);
  EXPECT_EQ(Await("meta", "other", "lead:903").display_name(), "Mai");
  EXPECT_FALSE(Find("meta", "page", "lead:903").has_value());
}

// A page that another app delivers for can't be reached with this app's secret.
TEST_F(LeadsTest, APageIsAnotherEndpointsOnlyWithItsSecret) {
  graph_.Set("903", {.token = "t2", .body = LeadOf("903", "Mai")});
  std::string other = Endpoint("other", "5550002 = 't2'");
  other.replace(other.find("app-secret"), 10, "other-secret");
  WriteEndpoints(Endpoint("page", "5550001 = 't1'") + other);
  Start();
  EXPECT_EQ(Tell(Notice("5550002", "903")), 200);
  WaitUntil([&] { return carnetd().Messages().find("does not open") != std::string::npos; },
            "the page's token is missed");
  EXPECT_EQ(graph_.asked("903"), 0);
  EXPECT_FALSE(Find("meta", "other", "lead:903").has_value());
  EXPECT_EQ(Tell(Notice("5550002", "903"), "other"), 403);
}

TEST_F(LeadsTest, KilledBetweenTheAnswerAndTheLeadItComesAfterwardsOnce) {
  graph_.Set("901", {.silent = true});
  WriteEndpoints(Endpoint("page", "5550001 = 't1'"));
  Start();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Tell(Notice("5550001", "901")), 200);
  WaitUntil([&] { return graph_.asked("901") > 0; }, "the lead is asked for");
  EXPECT_EQ(graph_.asked("901"), 1) << "three notices are one lead";
  carnetd().Kill();

  graph_.Set("901", {.token = "t1", .body = LeadOf("901", "Lan")});
  StartAgain();
  EXPECT_EQ(Await("meta", "page", "lead:901").display_name(), "Lan");
  EXPECT_EQ(graph_.asked("901"), 2);
  ASSERT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();
  StartAgain();
  // Nothing of it is left to be done: a later one comes, and it is not asked for again.
  graph_.Set("902", {.token = "t1", .body = LeadOf("902", "Mai")});
  EXPECT_EQ(Tell(Notice("5550001", "902")), 200);
  Await("meta", "page", "lead:902");
  EXPECT_EQ(graph_.asked("901"), 2);
}

TEST_F(LeadsTest, ATokenThatFailsIsSaidOnceAPageAndHoldsUpNoOther) {
  for (const char* lead : {"901", "902", "903"})
    graph_.Set(lead, {.token = "right", .body = LeadOf(lead, "Lan")});
  graph_.Set("950", {.token = "t2", .body = LeadOf("950", "Mai")});
  WriteEndpoints(Endpoint("page", "5550001 = 'wrong-t1', 5550002 = 't2'"));
  Start();
  for (const char* lead : {"901", "902", "903"}) EXPECT_EQ(Tell(Notice("5550001", lead)), 200);
  EXPECT_EQ(Tell(Notice("5550002", "950")), 200);
  EXPECT_EQ(Await("meta", "page", "lead:950").display_name(), "Mai");
  WaitUntil([&] { return graph_.asked("901") + graph_.asked("902") + graph_.asked("903") >= 4; },
            "it is tried again");
  const std::string said = carnetd().Messages();
  EXPECT_EQ(Count(said, "does not open its leads"), 1U) << said;
  EXPECT_THAT(said, HasSubstr("page=5550001"));
  EXPECT_THAT(said, HasSubstr("error 190"));
  EXPECT_THAT(said, Not(HasSubstr("wrong-t1")));
  // A new token, and they all come: without a restart.
  WriteEndpoints(Endpoint("page", "5550001 = 'right', 5550002 = 't2'"));
  for (const char* lead : {"901", "902", "903"}) Await("meta", "page", std::string("lead:") + lead);
}

TEST_F(LeadsTest, ASilentGraphHoldsUpNeitherOtherPagesNorTheEnd) {
  for (const char* lead : {"901", "902", "903", "904", "905"}) graph_.Set(lead, {.silent = true});
  graph_.Set("950", {.token = "t2", .body = LeadOf("950", "Mai")});
  WriteEndpoints(Endpoint("page", "5550001 = 't1', 5550002 = 't2'"));
  Start();
  for (const char* lead : {"901", "902", "903", "904", "905"})
    EXPECT_EQ(Tell(Notice("5550001", lead)), 200);
  WaitUntil([&] { return graph_.asked("901") > 0; }, "the lead is asked for");
  EXPECT_EQ(Tell(Notice("5550002", "950")), 200);
  Await("meta", "page", "lead:950");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(carnetd().Terminate(), 0) << carnetd().Messages();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(8));
}

}  // namespace
}  // namespace carnet::acceptance
