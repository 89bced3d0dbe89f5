// What can't be shown from outside in seconds: leads that are never to be had.
#include "gateway/http/leads.h"

#include "channels/signature.h"
#include "gateway/http/webhooks.h"
#include "gateway/test_gateway.h"
#include "runtime/http_server.h"
#include "runtime/test_http.h"

namespace carnet::gateway {
namespace {

class LeadsTest : public GatewayTest {
 protected:
  LeadsTest() {
    auto server = runtime::HttpServer::Start(
        {"127.0.0.1:0"}, runtime::HttpLimits(),
        [this](runtime::HttpRequest, runtime::HttpRespond respond) {
          ++asked_;
          respond({.status = status_, .body = body_});
        },
        &graph_metrics_);
    EXPECT_TRUE(server.ok()) << server.status();
    graph_ = *std::move(server);
    endpoint_.merchant = "shop";
    endpoint_.adapter = channels::FindAdapter("meta");
    endpoint_.settings.source = "page";
    endpoint_.secrets = {"s3cret"};
    endpoint_.graph_url = "http://" + graph_->addresses().front();
    endpoint_.page_tokens = {{"5550001", "t1"}};
  }
  ~LeadsTest() override {
    graph_->Shutdown();
    if (leads_ != nullptr) leads_->Stop();
    Stop();
  }

  void Open(const Leads::Options& options) {
    leads_.reset();
    metrics_of_leads_ = std::make_unique<runtime::Metrics>();
    auto spool = Spool::Open(folder_ / "leads", root_);
    ASSERT_TRUE(spool.ok()) << spool.status();
    spool_ = *std::move(spool);
    auto client = runtime::HttpClient::Start({.timeout = absl::Milliseconds(500)});
    ASSERT_TRUE(client.ok()) << client.status();
    leads_ = std::make_unique<Leads>(Leads::Parts{.publisher = gateway_->publisher(),
                                                  .clock = &clock_,
                                                  .metrics = metrics_of_leads_.get(),
                                                  .spool = spool_.get(),
                                                  .client = *std::move(client),
                                                  .endpoints = {endpoint_}},
                                     options);
  }
  static void WaitUntil(const std::function<bool()>& holds) {
    const absl::Time end = absl::Now() + absl::Seconds(30);
    while (!holds()) ASSERT_LT(absl::Now(), end);
  }
  absl::Status Remember(const std::string& lead) {
    return leads_->Remember(endpoint_,
                            {.key = "meta|leadgen|" + lead, .id = lead, .account = "5550001"},
                            clock_.NowMicros());
  }

  runtime::Metrics graph_metrics_;
  std::atomic<int> asked_{0};
  std::atomic<int> status_{200};
  std::string body_;
  std::unique_ptr<runtime::HttpServer> graph_;
  Endpoint endpoint_;
  std::unique_ptr<runtime::Metrics> metrics_of_leads_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Leads> leads_;
};

TEST_F(LeadsTest, WhatIsNotToBeHadForTooLongBecomesADeadLetter) {
  status_ = 500;
  StartEmbedded();
  Open({.give_up_after = absl::Milliseconds(300), .first_pause = absl::Milliseconds(50)});
  ASSERT_TRUE(Remember("901").ok());
  WaitUntil([&] { return leads_->size() == 0; });
  EXPECT_GE(asked_, 3) << "tried again until then";
  EXPECT_TRUE(spool_->empty());
  const auto ids = IdsInLog();
  ASSERT_EQ(ids.size(), 1U);
  v1::GetOutcomeRequest request;
  request.set_merchant("shop");
  request.set_change_id(ids[0]);
  WaitUntil([&] { return GetOutcome(request).ok(); });
  const auto outcome = GetOutcome(request);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->outcome().status(), v1::OUTCOME_STATUS_DEAD_LETTER);
  EXPECT_EQ(outcome->outcome().reason(), "LEAD_NOT_FETCHED");
  EXPECT_NE(outcome->outcome().detail().find("HTTP 500"), std::string::npos);
}

TEST_F(LeadsTest, ARefusedTokenIsAMetricUntilItWorksAgain) {
  status_ = 401;
  body_ = R"({"id":"901","created_time":"2026-09-01T20:00:00+0000","field_data":[]})";
  StartEmbedded();
  Open({.first_pause = absl::Milliseconds(20)});
  ASSERT_TRUE(Remember("901").ok());
  WaitUntil([&] { return asked_ > 2; });
  EXPECT_NE(
      metrics_of_leads_->Text().find(
          R"(carnet_gateway_page_token_refused{merchant="shop",page="5550001",source="page"} 1)"),
      std::string::npos)
      << metrics_of_leads_->Text();
  EXPECT_NE(metrics_of_leads_->Text().find("carnet_gateway_leads_waiting 1"), std::string::npos);
  status_ = 200;
  WaitUntil([&] { return leads_->size() == 0; });
  EXPECT_EQ(metrics_of_leads_->Text().find("carnet_gateway_page_token_refused{"),
            std::string::npos);
  EXPECT_EQ(IdsInLog().size(), 1U);
}

// A page whose token is never renewed: its leads end in time, though one alone is asked for.
TEST_F(LeadsTest, AllLeadsOfAPageThatIsRefusedEndInTime) {
  status_ = 401;
  StartEmbedded();
  Open({.give_up_after = absl::Milliseconds(500), .first_pause = absl::Milliseconds(400)});
  for (int i = 901; i < 921; ++i) ASSERT_TRUE(Remember(std::to_string(i)).ok());
  WaitUntil([&] { return leads_->size() == 0; });
  EXPECT_LT(asked_, 10);
  EXPECT_TRUE(spool_->empty());
  EXPECT_EQ(IdsInLog().size(), 20U);
}

// With a log that loses most of what it is given, a lead is not forgotten.
TEST_F(LeadsTest, ALeadIsKeptUntilTheLogHasIt) {
  body_ = R"({"id":"901","created_time":"2026-09-01T20:00:00+0000","field_data":[]})";
  StartSimulated({.lost_appends = 800});
  Open({.first_pause = absl::Milliseconds(20)});
  ASSERT_TRUE(Remember("901").ok());
  WaitUntil([&] { return leads_->size() == 0; });
  EXPECT_GT(asked_, 1);
  const auto ids = IdsInLog();
  ASSERT_FALSE(ids.empty());
  for (const std::string& id : ids) EXPECT_EQ(id, ids[0]);
}

// Fetched, and the process ends before the log has it: what stands on disk is what a kill leaves.
TEST_F(LeadsTest, ALeadThatWasFetchedIsFetchedAgainAfterARestartIfTheLogDoesNotHaveIt) {
  body_ = R"({"id":"901","created_time":"2026-09-01T20:00:00+0000","field_data":[]})";
  StartSimulated({.lost_appends = 1000});
  Open({.first_pause = absl::Milliseconds(20)});
  ASSERT_TRUE(Remember("901").ok());
  WaitUntil([&] { return asked_ > 1; });
  leads_->Stop();
  Stop();
  leads_.reset();
  keys_.reset();
  store_.reset();

  StartEmbedded();
  EXPECT_TRUE(IdsInLog().empty());
  Open({.first_pause = absl::Milliseconds(20)});
  EXPECT_EQ(leads_->size(), 1U);
  WaitUntil([&] { return leads_->size() == 0; });
  EXPECT_EQ(IdsInLog().size(), 1U);
  EXPECT_TRUE(spool_->empty());
}

TEST_F(LeadsTest, ALeadThatNobodyCanReadHoldsUpNoOther) {
  status_ = 500;
  StartEmbedded();
  Open({.first_pause = absl::Seconds(30)});
  ASSERT_TRUE(Remember("901").ok());
  WaitUntil([&] { return asked_ == 1; });
  status_ = 200;
  body_ = R"({"id":"902","created_time":"2026-09-01T20:00:00+0000","field_data":[]})";
  ASSERT_TRUE(Remember("902").ok());
  WaitUntil([&] { return leads_->size() == 1; });
  EXPECT_EQ(IdsInLog().size(), 1U);
}

}  // namespace
}  // namespace carnet::gateway
