// The client against real servers.
#include "runtime/http_client.h"

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include <gtest/gtest.h>

#include "base/error.h"
#include "runtime/http_server.h"
#include "runtime/metrics.h"

namespace carnet::runtime {
namespace {

class HttpClientTest : public testing::Test {
 protected:
  ~HttpClientTest() override {
    for (const HttpRespond& respond : held_) respond({});
    held_.clear();  // they hold connections of the server
  }

  std::string Serve() {
    auto server = HttpServer::Start(
        {"127.0.0.1:0"}, HttpLimits(),
        [this](HttpRequest request, HttpRespond respond) {
          if (request.path == "/silent") return held_.push_back(std::move(respond));
          respond({.status = request.path == "/busy" ? 429 : 200,
                   .body = request.path == "/large"
                               ? std::string(5000, 'x')
                               : request.method + " " + request.path + " " + request.query,
                   .retry_after_seconds = request.path == "/busy" ? 7 : 0});
        },
        &metrics_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    return "http://" + server_->addresses().front();
  }

  static absl::StatusOr<HttpAnswer> Get(HttpClient* client, const std::string& url) {
    std::promise<absl::StatusOr<HttpAnswer>> promise;
    auto future = promise.get_future();
    client->Get(url, [&](absl::StatusOr<HttpAnswer> answer) { promise.set_value(answer); });
    return future.get();
  }

  Metrics metrics_;
  std::vector<HttpRespond> held_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpClientTest, AnyStatusIsAnAnswer) {
  const std::string url = Serve();
  auto client = *HttpClient::Start({});
  const auto answer = Get(client.get(), url + "/a/b?c=d");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "GET /a/b c=d");
  const auto busy = Get(client.get(), url + "/busy");
  ASSERT_TRUE(busy.ok()) << busy.status();
  EXPECT_EQ(busy->status, 429);
  EXPECT_EQ(busy->retry_after_seconds, 7);
}

TEST_F(HttpClientTest, WhatTakesTooLongOrIsTooLargeIsNone) {
  const std::string url = Serve();
  auto client = *HttpClient::Start({.timeout = absl::Milliseconds(200), .body_bytes = 4096});
  const absl::Time start = absl::Now();
  EXPECT_EQ(ReasonOf(Get(client.get(), url + "/silent").status()), "HTTP_NO_ANSWER");
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
  const auto large = Get(client.get(), url + "/large");
  EXPECT_EQ(ReasonOf(large.status()), "HTTP_NO_ANSWER") << large.status();
  for (const HttpRespond& respond : held_) respond({});
  held_.clear();
  server_->Shutdown();
  EXPECT_EQ(ReasonOf(Get(client.get(), url + "/gone").status()), "HTTP_NO_ANSWER");
}

TEST_F(HttpClientTest, EndsWhileSomethingIsUnderWay) {
  const std::string url = Serve();
  auto client = *HttpClient::Start({});
  bool called = false;
  client->Get(url + "/silent", [&](const auto&) { called = true; });
  ASSERT_TRUE(Get(client.get(), url + "/a").ok());
  client.reset();
  EXPECT_FALSE(called);
}

TEST(Urls, OnlyThoseThatKeepASecret) {
  for (const char* good :
       {"https://graph.facebook.com", "https://graph.example:8443/v24.0", "http://127.0.0.1:80/x",
        "http://[::1]:8080", "https://[2001:db8::1]/x?y=z"}) {
    EXPECT_TRUE(CheckUrl(good).ok()) << CheckUrl(good);
  }
  for (const char* bad :
       {"", "graph.facebook.com", "http://graph.facebook.com", "http://localhost:80",
        "http://10.0.0.1", "ftp://x", "https://", "https://user:pass@x", "https://x:0",
        "https://x:99999", "https://x/ y", "https://x/\r\nHost: y", "https://x/#y"}) {
    EXPECT_EQ(ReasonOf(CheckUrl(bad)), "URL_MALFORMED") << bad;
  }
  EXPECT_EQ(CheckUrl("http://x/v1?access_token=secret").message().find("secret"),
            absl::string_view::npos);
}

}  // namespace
}  // namespace carnet::runtime
